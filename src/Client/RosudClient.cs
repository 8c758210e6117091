using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rosud.Agents;
using Rosud.Audit;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud;

internal sealed class RosudClient : IRosudClient
{
    private readonly Reach _reach;

    [ActivatorUtilitiesConstructor]
    public RosudClient(IClusterClient cluster, IChannelFeeds feeds, ClusterCalls calls, TimeProvider time, AuditSigner signer, IOptions<RosudClientOptions> options)
        : this(new Reach(cluster, feeds, calls, time, signer, new(options.Value.Tenant), options.Value.Writer))
    {
    }

    private RosudClient(Reach reach)
    {
        _reach = reach;
        Channels = new RemoteChannels(reach);
        Agents = new RemoteAgents(reach);
        Runs = new RemoteRuns(reach);
        Networks = new RemoteNetworks(reach);
    }

    public TenantId Tenant => _reach.Tenant;

    public IChannels Channels { get; }

    public IAgents Agents { get; }

    public IRuns Runs { get; }

    public INetworks Networks { get; }

    public IRosudClient ForTenant(TenantId tenant) => Names.IsValid(tenant.Value)
        ? new RosudClient(_reach with { Tenant = tenant })
        : throw new ArgumentException("A tenant's name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.", nameof(tenant));
}
