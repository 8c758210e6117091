using Microsoft.AspNetCore.Http;

namespace Rosud.Tenants;

/// <summary>How an answer says that it is an earlier one, given again.</summary>
internal static class Replays
{
    public const string Header = "Idempotency-Replayed";

    public static void Say(HttpContext http, bool isReplay)
    {
        if (isReplay) http.Response.Headers[Header] = "true";
    }
}
