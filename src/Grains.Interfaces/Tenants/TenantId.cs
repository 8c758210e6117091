namespace Rosud.Tenants;

/// <summary>Whose data it is. Comes from the API key, is the first part of every grain key and never part of a path.</summary>
/// <param name="Value">1 to 128 characters of <c>a-z 0-9 . _ -</c>, starting with a letter or digit.</param>
[GenerateSerializer, Immutable, Alias("rosud.tenant-id")]
public readonly record struct TenantId([property: Id(0)] string Value)
{
    /// <summary>The tenant of everyone while no API key is configured.</summary>
    public static TenantId Default => new("default");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
