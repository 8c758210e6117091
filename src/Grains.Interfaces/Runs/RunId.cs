using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>Names one run. The server makes it: <c>&lt;channel&gt;.&lt;unique&gt;</c>, so that a run's channel is found without looking it up.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-id")]
public readonly record struct RunId([property: Id(0)] TenantId Tenant, [property: Id(1)] string Name)
{
    /// <summary>The grain key: <c>tenant/name</c>.</summary>
    public string Key => $"{Tenant.Value}/{Name}";

    /// <summary>The channel that started the run and keeps its log.</summary>
    public ChannelId Channel => new(Tenant, Name[..Name.LastIndexOf('.')]);

    /// <summary>A run of <paramref name="channel"/>; <paramref name="unique"/> has letters and digits only.</summary>
    public static RunId Make(ChannelId channel, string unique) => new(channel.Tenant, $"{channel.Name}.{unique}");

    /// <summary>The run whose grain has this key.</summary>
    public static RunId FromKey(string grainKey)
    {
        var (tenant, name) = Names.SplitKey(grainKey);
        return new(new(tenant), name);
    }

    /// <summary>Reads an id that came from outside. False when it cannot name a run.</summary>
    public static bool TryParse(TenantId tenant, string? text, out RunId run)
    {
        run = new(tenant, text ?? "");
        return Names.IsMadeId(text) && text!.LastIndexOf('.') is > 0 and var dot && dot < text.Length - 1 && Names.IsValid(text[..dot]);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
