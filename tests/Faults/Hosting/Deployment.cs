namespace Rosud.Hosting;

/// <summary>What a run is done to: hosts in processes of their own, a proxy before each, and the store that they share.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    public const string Sqlite = "sqlite";
    public const string Redis = "redis";

    private Deployment(string store, string cluster, RedisUnderFaults? redis, HostUnderFaults[] hosts)
    {
        (Store, Cluster, RedisServer, Hosts, Targets) = (store, cluster, redis, hosts, hosts);
        Proxies = [.. hosts.Select(host => new FaultProxy(host.HttpPort))];
    }

    /// <summary><see cref="Sqlite"/>: one host over the embedded store. <see cref="Redis"/>: two silos over one Redis.</summary>
    public string Store { get; }

    public string Cluster { get; }

    public RedisUnderFaults? RedisServer { get; }

    public IReadOnlyList<HostUnderFaults> Hosts { get; }

    /// <summary>The hosts that harm to a single one chooses from: those that have channels, else nobody may notice.</summary>
    public IReadOnlyList<HostUnderFaults> Targets { get; private set; }

    public IReadOnlyList<FaultProxy> Proxies { get; }

    public IReadOnlyList<Uri> Urls => [.. Proxies.Select(proxy => proxy.Url)];

    /// <summary>Starts everything; null when the store is not there on this machine.</summary>
    public static async Task<Deployment?> Start(string store, string folder, string? mutant)
    {
        var cluster = Path.GetFileName(folder).ToLowerInvariant();
        var redis = store == Redis ? await RedisUnderFaults.StartIfInstalled(folder) : null;
        if (store == Redis && redis is null) return null;
        var settings = redis?.Settings ?? [$"--Rosud:DataPath={Path.Combine(folder, "data")}"];
        var count = store == Redis ? 2 : 1;
        var deployment = new Deployment(store, cluster, redis, [.. Enumerable.Range(0, count).Select(_ => new HostUnderFaults(cluster, folder, mutant, settings))]);
        try
        {
            foreach (var host in deployment.Hosts) await host.Start();
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>Harm goes to the hosts with these silo ports from now on; to any when there is none of them.</summary>
    public void Aim(IReadOnlySet<int> siloPorts)
    {
        List<HostUnderFaults> targets = [.. Hosts.Where(host => siloPorts.Contains(host.SiloPort))];
        Targets = targets.Count > 0 ? targets : Hosts;
    }

    public Task UntilReady(CancellationToken stopped) => Task.WhenAll(Hosts.Select(host => host.UntilReady(stopped)));

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in Proxies) await proxy.DisposeAsync();
        foreach (var host in Hosts) await host.DisposeAsync();
        if (RedisServer is not null) await RedisServer.DisposeAsync();
    }
}
