using System.Collections.Immutable;
using Rosud.Tenants;
using Rosud.Verdicts;

namespace Rosud.Networks;

/// <summary>A tenant's networks.</summary>
public interface INetworks
{
    /// <summary>Sets a network's policy; durable when it returns. The same policy again changes nothing.</summary>
    /// <exception cref="RefusedException"><c>invalid-request</c> with every fault.</exception>
    Task<INetwork> Configure(CoordinationPolicy coordination, string name = NetworkId.DefaultName, CancellationToken cancellationToken = default);

    /// <summary>The network of this name, without asking whether it is there. <c>default</c> always is.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name.</exception>
    INetwork Open(string name = NetworkId.DefaultName);

    /// <summary>What all runs of the tenant add up to: all its networks, merged.</summary>
    Task<NetworkMetrics> Metrics(CancellationToken cancellationToken = default);
}

/// <summary>One network: a policy that channels share, and where their metrics add up.</summary>
public interface INetwork
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>The policy in force.</summary>
    /// <exception cref="RefusedException"><c>not-found</c>.</exception>
    Task<NetworkView> Describe(CancellationToken cancellationToken = default);

    /// <summary>What the network's runs add up to.</summary>
    Task<NetworkMetrics> Metrics(CancellationToken cancellationToken = default);

    /// <summary>What changed at one moment: incidents, latency, cost and errors before and after, with intervals. Times are taken by quarters of an hour.</summary>
    /// <exception cref="RefusedException"><c>not-found</c>, or <c>invalid-request</c> unless the times follow one another within 92 days.</exception>
    Task<PeriodReport> Report(PeriodQuery period, CancellationToken cancellationToken = default);

    /// <summary>Whether several agents beat one: a verdict for each task class that the policy names a baseline for, in the order of the classes' names.</summary>
    /// <exception cref="RefusedException"><c>not-found</c>.</exception>
    Task<ImmutableArray<Verdict>> Verdict(CancellationToken cancellationToken = default);
}
