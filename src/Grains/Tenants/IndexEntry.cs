namespace Rosud.Tenants;

/// <summary>A tenant's list of names of one kind, as the things themselves keep it.</summary>
internal readonly struct IndexEntry(IGrainFactory grains, TenantId tenant, string kind)
{
    public Task Add(string name) => Shard(name).Add(name);

    public Task Remove(string name) => Shard(name).Remove(name);

    private IIndexGrain Shard(string name) => grains.GetGrain<IIndexGrain>(IndexShard.KeyOf(tenant, kind, name));
}
