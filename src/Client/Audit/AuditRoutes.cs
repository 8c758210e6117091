using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Audit;

/// <summary>Who wrote and who read: the chain, its check, and the key of its exports. Not for agents, whose work it is about.</summary>
internal static class AuditRoutes
{
    public static void Map(RouteGroupBuilder v1)
    {
        var audit = v1.MapGroup("").WithTags("Audit").RequireAuthorization(Rights.Client);
        audit.MapGet("/channels/{channel}/audit", Read).WithSummary("Who wrote and who read which version and why, chained by hashes.")
            .WithDescription("With Accept: application/x-ndjson an export: a header, one line for each entry and the head, signed. It is checked offline with the host's command verify.")
            .ReadsQuery("after", "The number of the entry that the caller has; the next of the page before. Default 0.", "integer")
            .ReadsQuery("limit", "How many at most, 1 to 500. Default 100; of an export everything, or any number from 1.", "integer")
            .Answers<AuditBody>(200).Refuses(400, 404);
        audit.MapPost("/channels/{channel}/audit/verify", Verify).WithSummary("Checks the whole kept chain where it is stored.")
            .WithDescription("With the head of an earlier export it also says whether the chain still goes through it. A chain that is broken is an answer, ok false, not a problem.")
            .ReadsKey("Not needed: it changes nothing.")
            .Reads<VerifyAuditBody>().Answers<AuditVerifiedBody>(200).Refuses(400, 404, 410);
        audit.MapGet("/audit/key", Key).WithSummary("The public key that exports are signed with.").Answers<AuditKeyBody>(200);
    }

    private static async Task<IResult> Read(string channel, HttpContext http, IGrainFactory grains, AuditSigner signer, TimeProvider clock)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var isExport = http.Request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals(AuditFormat.ContentType, StringComparison.OrdinalIgnoreCase));
        var after = request.QueryNumber("after", 0, long.MaxValue) ?? 0;
        var limit = isExport ? request.QueryNumber("limit", 1, long.MaxValue) : request.QueryLimit();
        if (request.Refusal is { } refusal) return refusal;
        if (isExport && Usable(signer) is { } unusable) return unusable;
        var grain = grains.GetGrain<IChannelGrain>(id.Key);
        return await grain.Audit(new() { After = after, Limit = (int)Math.Min(AuditExport.PageMax, limit ?? AuditExport.PageMax) }) switch
        {
            AuditOutcome.Found found when isExport => new AuditExport(grain.Audit, id.Name, found.Page, after, limit, signer.Key, clock),
            AuditOutcome.Found found => TypedResults.Json(AuditBody.Of(found.Page, after), Wire.Json),
            AuditOutcome.Refused refused => new ProblemResult(refused.Problem),
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static async Task<IResult> Verify(string channel, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        request.IdempotencyKey();
        if (await request.BodyAsync<VerifyAuditBody>(optional: true) is not { } body) return request.Refusal!;
        request.Require(body.Head is null == body.At is null, "", "Give head and at together: an earlier head is both.");
        if (request.Refusal is { } refusal) return refusal;
        AuditHead? earlier = body is { Head: { } head, At: { } at } ? new AuditHead(at, ContentHash.Read(Convert.FromHexString(head))) : null;
        var (found, problem) = await new AuditCheck(grains.GetGrain<IChannelGrain>(id.Key).Audit, earlier).Run(http.RequestAborted);
        return found is null ? new ProblemResult(problem!) : TypedResults.Json(AuditVerifiedBody.Of(found), Wire.Json);
    }

    private static IResult Key(AuditSigner signer) =>
        Usable(signer) ?? TypedResults.Json(new AuditKeyBody("ecdsa-p256-sha256", signer.Key.Pem + "\n", signer.Key.Fingerprint), Wire.Json);

    // A setting of the host has to be put right: no repeat of the caller's helps.
    private static IResult? Usable(AuditSigner signer)
    {
        try
        {
            _ = signer.Key;
            return null;
        }
        catch (AuditKeyException fault)
        {
            return ProblemResult.Internal(fault.Message);
        }
    }
}
