using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Rosud.Tenants;

/// <summary>Knows a caller by <c>Authorization: Bearer &lt;key&gt;</c>.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiKeyRing keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "rosud";

    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = 401;
        Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"rosud\"";
        return Task.CompletedTask;
    }

    private AuthenticateResult Authenticate()
    {
        if (keys.IsOpen) return Known(Caller.Anyone);
        var header = Request.Headers.Authorization;
        if (header.Count == 0) return AuthenticateResult.NoResult();
        var key = header.Count == 1 && header[0]!.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? header[0]![Prefix.Length..].Trim() : "";
        return keys.Find(key) is { } caller ? Known(caller) : AuthenticateResult.Fail("The key is not valid.");
    }

    private static AuthenticateResult Known(Caller caller) =>
        AuthenticateResult.Success(new(caller.ToPrincipal(SchemeName), SchemeName));
}
