using System.Collections.Immutable;

namespace Rosud.Tenants;

/// <summary>One sixteenth of the names that a tenant has of one kind, in order: what <c>GET /v1/channels</c> lists.</summary>
/// <remarks>
/// Keyed <c>tenant/kind.shard</c>, see <see cref="IndexShard"/>. A name is added after the thing itself is durable and
/// again whenever that thing activates, so a name may be missing for a moment after a crash but never for good.
/// </remarks>
[Alias("rosud.index")]
public interface IIndexGrain : IGrainWithStringKey
{
    /// <summary>Adds a name; durable when it returns. Adding it again changes nothing.</summary>
    [Alias("add")]
    Task Add(string name);

    /// <summary>Removes a name; durable when it returns.</summary>
    [Alias("remove")]
    Task Remove(string name);

    /// <summary>At most <paramref name="limit"/> names after <paramref name="after"/>, in ordinal order.</summary>
    [Alias("list")]
    Task<ImmutableArray<string>> List(string? after, int limit);
}

/// <summary>Where in the index a name is.</summary>
public static class IndexShard
{
    /// <summary>Shards per tenant and kind.</summary>
    public const int Count = 16;

    /// <summary>The key of the shard that has <paramref name="name"/>. <paramref name="kind"/> is <c>channels</c>, <c>agents</c>, <c>networks</c> or <c>runs</c>.</summary>
    public static string KeyOf(TenantId tenant, string kind, string name)
    {
        var hash = 2166136261u;
        foreach (var c in name) hash = (hash ^ c) * 16777619u;
        return KeyOf(tenant, kind, (int)(hash % Count));
    }

    /// <summary>The key of shard <paramref name="shard"/>, 0 to <see cref="Count"/> − 1.</summary>
    public static string KeyOf(TenantId tenant, string kind, int shard) => $"{tenant.Value}/{kind}.{shard}";
}
