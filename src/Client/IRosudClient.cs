using Rosud.Agents;
using Rosud.Channels;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud;

/// <summary>A cluster of Rosud silos, as one tenant sees it. Thread-safe; one per process is enough.</summary>
/// <remarks>
/// <para>Every call carries an id of its own or is the same when done twice. While the cluster does not answer or has no room it is
/// repeated with growing pauses for <c>Rosud:Client:CallTimeout</c> (30 s); so a silo that dies costs time, not correctness.</para>
/// <para>What the cluster refuses is a <see cref="RefusedException"/> with its <see cref="Problem"/>, and nothing was done. After the last
/// repetition it is an <see cref="UnknownOutcomeException"/> or <see cref="OverloadedException"/>. Cancelling ends the waiting, not what was asked.</para>
/// </remarks>
public interface IRosudClient
{
    /// <summary>Whose things this sees.</summary>
    TenantId Tenant { get; }

    /// <summary>Channels: shared contexts and the runs on them.</summary>
    IChannels Channels { get; }

    /// <summary>Agents: registrations and supervisors.</summary>
    IAgents Agents { get; }

    /// <summary>Runs, by their ids.</summary>
    IRuns Runs { get; }

    /// <summary>Networks: the policies that channels share, and their metrics.</summary>
    INetworks Networks { get; }

    /// <summary>The same cluster as another tenant sees it. Who may say which tenant is the app's to decide.</summary>
    IRosudClient ForTenant(TenantId tenant);
}
