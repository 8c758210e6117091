using System.Net;
using Microsoft.AspNetCore.Http;

namespace Rosud.Tenants;

/// <summary>
/// While no key is configured, only programs on this machine may call: a page from elsewhere that a browser here shows
/// must neither send requests nor, through a name that leads to loopback, read answers.
/// </summary>
internal sealed class OpenHostGuard(RequestDelegate next, ApiKeyRing keys)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (!keys.IsOpen || (IsFromHere(http.Connection.RemoteIpAddress) && IsLoopback(http.Request.Host.Host) && !IsForeign(http.Request))) return next(http);
        return new ProblemResult(new(ProblemKind.Forbidden, "Without API keys this host answers only to its own machine.")).ExecuteAsync(http);
    }

    // Whatever address the app around has opened, and whatever name the caller says. None: it came through no network.
    private static bool IsFromHere(IPAddress? caller) => caller is null || IPAddress.IsLoopback(caller.IsIPv4MappedToIPv6 ? caller.MapToIPv4() : caller);

    private static bool IsLoopback(string host) => host.Length == 0
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] == "cross-site" && !HttpMethods.IsGet(request.Method)) return true;
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !HttpMethods.IsGet(request.Method)
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
