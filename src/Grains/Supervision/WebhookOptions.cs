using Microsoft.Extensions.Options;
using Rosud.Agents;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>Which hosts assignments may be sent to. Bound from <c>Rosud</c>.</summary>
internal sealed class WebhookOptions
{
    public const string Section = "Rosud";

    /// <summary>Hosts of webhook agents, by name or address as in their urls, with or without the port.</summary>
    public IList<string> AllowedAgentHosts { get; } = [];

    /// <summary>Whether loopback is allowed too: while no API key is configured.</summary>
    public bool IsLoopbackAllowed { get; set; } = true;
}

/// <summary>Decides which webhook agents this host talks to.</summary>
internal sealed class WebhookHosts(IOptionsMonitor<WebhookOptions> options)
{
    public bool Allows(Uri url) => options.CurrentValue is var now
        && ((now.IsLoopbackAllowed && url.IsLoopback)
            || now.AllowedAgentHosts.Contains(url.Host, StringComparer.OrdinalIgnoreCase)
            || now.AllowedAgentHosts.Contains(url.Authority, StringComparer.OrdinalIgnoreCase));

    /// <summary>Why a registration cannot be taken; null when it can.</summary>
    public Problem? Refuse(Transport transport) => transport is { Kind: TransportKind.Webhook, Url: { } url } && !Allows(url)
        ? Problem.Invalid("/transport/url", "This host is not allowed here. Rosud:AllowedAgentHosts lists those that are; loopback is while there is no API key.")
        : null;
}
