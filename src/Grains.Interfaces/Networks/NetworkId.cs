using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>Names one network of one tenant.</summary>
[GenerateSerializer, Immutable, Alias("rosud.network-id")]
public readonly record struct NetworkId([property: Id(0)] TenantId Tenant, [property: Id(1)] string Name)
{
    /// <summary>The network that always exists, with the default policy until somebody configures it.</summary>
    public const string DefaultName = "default";

    /// <summary>The grain key: <c>tenant/name</c>.</summary>
    public string Key => $"{Tenant.Value}/{Name}";

    /// <summary>The network whose grain has this key.</summary>
    public static NetworkId FromKey(string grainKey)
    {
        var (tenant, name) = Names.SplitKey(grainKey);
        return new(new(tenant), name);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
