using Orleans.Concurrency;
using Rosud.Networks;

namespace Rosud.Tenants;

/// <summary>Adds up a tenant's networks when it is asked.</summary>
[GrainType("rosud.tenant"), StatelessWorker]
internal sealed class TenantGrain : Grain, ITenantGrain
{
    private const int PageSize = 500;
    private const int AskedAtOnce = 64;

    public async Task<NetworkMetrics> Metrics()
    {
        var tenant = new TenantId(this.GetPrimaryKeyString());
        var totals = new NetworkTotals(new());
        foreach (var some in (await Networks(tenant)).Chunk(AskedAtOnce))
        {
            foreach (var stored in await Task.WhenAll(some.Select(name => GrainFactory.GetGrain<INetworkSums>(new NetworkId(tenant, name).Key).Totals()))) totals.Add(stored);
        }

        return totals.Metrics();
    }

    // The default network is there without being listed.
    private async Task<IEnumerable<string>> Networks(TenantId tenant)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, IndexShard.Count).Select(shard => Names(GrainFactory.GetGrain<IIndexGrain>(IndexShard.KeyOf(tenant, "networks", shard)))));
        return shards.SelectMany(names => names).Append(NetworkId.DefaultName).Distinct(StringComparer.Ordinal);
    }

    private static async Task<List<string>> Names(IIndexGrain shard)
    {
        var names = new List<string>();
        while (true)
        {
            var page = await shard.List(names.LastOrDefault(), PageSize);
            names.AddRange(page);
            if (page.Length < PageSize) return names;
        }
    }
}
