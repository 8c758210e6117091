using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Rosud.Tenants;

/// <summary>Knows a caller by <c>Authorization: Bearer &lt;key&gt;</c>, or, for the pages that a browser opens by itself, by the key as password of HTTP Basic.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiKeyRing keys, Mapped mapped)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "rosud";

    private const string Prefix = "Bearer ";
    private const string BasicPrefix = "Basic ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = 401;
        Response.Headers[HeaderNames.WWWAuthenticate] = mapped.IsApi(Request.Path) ? "Bearer realm=\"rosud\"" : "Basic realm=\"rosud\", charset=\"UTF-8\"";
        return Task.CompletedTask;
    }

    private AuthenticateResult Authenticate()
    {
        if (keys.IsOpen) return Known(Caller.Anyone);
        var header = Request.Headers.Authorization;
        if (header.Count == 0) return AuthenticateResult.NoResult();
        return keys.Find(header.Count == 1 ? KeyOf(header[0]!) : "") is { } caller ? Known(caller) : AuthenticateResult.Fail("The key is not valid.");
    }

    private static string KeyOf(string header)
    {
        if (header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return header[Prefix.Length..].Trim();
        if (!header.StartsWith(BasicPrefix, StringComparison.OrdinalIgnoreCase)) return "";
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[BasicPrefix.Length..].Trim(), bytes, out var length)) return "";
        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        return pair.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? pair[(colon + 1)..] : "";
    }

    private static AuthenticateResult Known(Caller caller) =>
        AuthenticateResult.Success(new(caller.ToPrincipal(SchemeName), SchemeName));
}
