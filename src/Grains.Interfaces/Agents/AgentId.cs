using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Names one agent of one tenant; also the key of its grain and of its supervisor.</summary>
[GenerateSerializer, Immutable, Alias("rosud.agent-id")]
public readonly record struct AgentId([property: Id(0)] TenantId Tenant, [property: Id(1)] string Name)
{
    /// <summary>The grain key: <c>tenant/name</c>.</summary>
    public string Key => $"{Tenant.Value}/{Name}";

    /// <summary>The agent whose grain has this key.</summary>
    public static AgentId FromKey(string grainKey)
    {
        var (tenant, name) = Names.SplitKey(grainKey);
        return new(new(tenant), name);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
