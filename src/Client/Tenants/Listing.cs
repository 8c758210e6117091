using System.Collections.Immutable;

namespace Rosud.Tenants;

/// <summary>Names of a tenant's things of one kind, in order, from all shards of the index.</summary>
internal static class Listing
{
    /// <summary>At most <paramref name="limit"/> names after <paramref name="after"/>, and whether there are more.</summary>
    public static async Task<(ImmutableArray<string> Names, bool More)> ReadAsync(IGrainFactory grains, TenantId tenant, string kind, string? after, int limit)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, IndexShard.Count)
            .Select(shard => grains.GetGrain<IIndexGrain>(IndexShard.KeyOf(tenant, kind, shard)).List(after, limit + 1)));
        return Merge(shards, limit);
    }

    public static (ImmutableArray<string> Names, bool More) Merge(IEnumerable<ImmutableArray<string>> shards, int limit)
    {
        ImmutableArray<string> all = [.. shards.SelectMany(names => names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(limit + 1)];
        return all.Length > limit ? (all[..limit], true) : (all, false);
    }
}
