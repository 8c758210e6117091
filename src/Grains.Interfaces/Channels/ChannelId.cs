using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Names one channel of one tenant.</summary>
[GenerateSerializer, Immutable, Alias("rosud.channel-id")]
public readonly record struct ChannelId([property: Id(0)] TenantId Tenant, [property: Id(1)] string Name)
{
    /// <summary>The grain key: <c>tenant/name</c>.</summary>
    public string Key => $"{Tenant.Value}/{Name}";

    /// <summary>The channel whose grain has this key.</summary>
    public static ChannelId FromKey(string grainKey)
    {
        var (tenant, name) = Names.SplitKey(grainKey);
        return new(new(tenant), name);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
