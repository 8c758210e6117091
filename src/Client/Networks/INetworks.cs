using Rosud.Tenants;

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
}
