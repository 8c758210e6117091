using Microsoft.Extensions.Options;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Where webhook agents may be: a caller must not make the host send requests wherever it likes.</summary>
internal sealed class AgentHosts(IOptionsMonitor<RosudHttpOptions> options, ApiKeyRing keys)
{
    /// <summary>Why <paramref name="url"/> may not be called; null when it may.</summary>
    public string? Fault(string url) => Fault(url, options.CurrentValue.AllowedAgentHosts, loopbackAllowed: keys.IsOpen);

    public static string? Fault(string url, IEnumerable<string> allowed, bool loopbackAllowed)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)) return "This must be an absolute http or https url.";
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0) return "The url may have neither a user nor a fragment.";
        return (loopbackAllowed && uri.IsLoopback) || allowed.Contains(uri.Host, StringComparer.OrdinalIgnoreCase) || allowed.Contains(uri.Authority, StringComparer.OrdinalIgnoreCase)
            ? null
            : "The url's host is not among Rosud:AllowedAgentHosts.";
    }
}
