using Microsoft.Extensions.Options;
using Rosud.Agents;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>Which hosts assignments may be sent to. Bound from <c>Rosud</c>.</summary>
internal sealed class WebhookOptions
{
    public const string Section = "Rosud";

    /// <summary>Hosts of webhook agents, by name or address as in their urls. Empty allows loopback only.</summary>
    public IList<string> AllowedAgentHosts { get; } = [];
}

/// <summary>Decides which webhook agents this host talks to.</summary>
internal sealed class WebhookHosts(IOptions<WebhookOptions> options)
{
    public bool Allows(Uri url) => options.Value.AllowedAgentHosts is { Count: > 0 } hosts
        ? hosts.Contains(url.Host, StringComparer.OrdinalIgnoreCase)
        : url.IsLoopback;

    /// <summary>Why a registration cannot be taken; null when it can.</summary>
    public Problem? Refuse(Transport transport) => transport is { Kind: TransportKind.Webhook, Url: { } url } && !Allows(url)
        ? Problem.Invalid("/transport/url", "This host is not allowed here. Rosud:AllowedAgentHosts lists those that are; without it only loopback is.")
        : null;
}
