using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>What all requests that commit have in common: how they are known again, and how they are answered.</summary>
internal static class PatchAnswers
{
    // Two agents may hit on the same key, and no caller may hit on an operation of a run.
    public static string OperationOf(Caller caller, string key) => $"key:{caller.Agent}:{key}";

    /// <summary>What was asked. If-Match is part of it, as if the body had it.</summary>
    public static byte[] Asked(JsonValue body, ContextVersion? ifMatch) =>
        ifMatch is { } version ? [.. body.Utf8.Span, .. Encoding.UTF8.GetBytes(VersionTag.Of(version))] : body.Utf8.ToArray();

    public static IResult Of(PatchOutcome outcome, HttpContext http)
    {
        switch (outcome)
        {
            case PatchOutcome.Applied applied:
                http.Response.Headers.ETag = VersionTag.Of(applied.Version);
                Replays.Say(http, applied.IsReplay);
                return TypedResults.Json(PatchedBody.Of(applied), Wire.Json);
            case PatchOutcome.Stale stale:
                return Changed(ProblemKind.StaleContext, "A key that was relied on has changed. Nothing was written: read again and decide anew.", stale.Version, stale.Keys);
            case PatchOutcome.Conflict conflict:
                return Changed(ProblemKind.Conflict, "A written key has changed since the version that this is based on. Nothing was written: read again and decide anew.", conflict.Version, conflict.Keys);
            case PatchOutcome.Refused refused:
                return new ProblemResult(refused.Problem);
            default:
                throw new UnreachableException($"Unknown answer {outcome.GetType().Name}.");
        }
    }

    private static ProblemResult Changed(ProblemKind kind, string detail, ContextVersion version, ImmutableArray<StaleKey> keys) => new(
        new(kind, detail) { Version = version.Number },
        StaleKeyBody.Of(keys));
}
