using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Making, changing and listing channels.</summary>
internal static class ChannelRoutes
{
    public static void Map(RouteGroupBuilder v1)
    {
        var channels = v1.MapGroup("/channels").WithTags("Channels");
        channels.MapGet("", List).WithSummary("The channels, in the order of their names.").RequireAuthorization(Rights.Client)
            .ReadsPage().Answers<ChannelListBody>(200).Refuses(400);
        channels.MapPost("", Create).WithSummary("Makes a channel, or finds the one made by the same request.").RequireAuthorization(Rights.Client).ReadsKey()
            .Reads<CreateChannelBody>().Answers<ChannelBody>(200, 201).Refuses(400, 409, 422)
            .Shows("Location", "Where the channel is.", 201).Shows("Retry-After", RouteNotes.Later, 409).Replays(200, 201);
        channels.MapGet("/{channel}", Describe).WithSummary("A channel as it is now.").RequireAuthorization(Rights.Agent).AddEndpointFilter(AgentScope.Filter)
            .Answers<ChannelBody>(200).Refuses(400, 404);
        channels.MapPatch("/{channel}", Configure).WithSummary("Replaces a channel's agents or sync.").RequireAuthorization(Rights.Client).ReadsKey()
            .Reads<ConfigureChannelBody>().Answers<ChannelBody>(200).Refuses(400, 404, 422).Replays(200);
        channels.MapDelete("/{channel}", Delete).WithSummary("Deletes a channel: cancels its runs and ends its events.").RequireAuthorization(Rights.Client)
            .Produces(204).Refuses(400, 404);
    }

    private static async Task<IResult> Create(HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var key = request.IdempotencyKey();
        var body = await request.BodyAsync<CreateChannelBody>();
        var spec = body?.ToSpec(request);
        if (request.Refusal is { } refusal) return refusal;
        var tenant = request.Caller.Tenant;
        var name = body!.Id ?? $"c-{RandomNumberGenerator.GetHexString(24, lowercase: true)}";
        if (key is null) return Answer(await grains.GetGrain<IChannelGrain>(new ChannelId(tenant, name).Key).Create(spec!), http);

        // The key is bound to its name first, so that it makes one channel whatever is lost; the answer is with the channel.
        var operation = new OperationKey(PatchAnswers.OperationOf(request.Caller, key), ContentHash.Of([.. "create "u8, .. request.Body.Utf8.Span]));
        var operations = grains.GetGrain<IOperationsGrain>(IndexShard.KeyOf(tenant, "operations", key));
        if (await operations.Claim(operation, name) is not { } claimed) return new ProblemResult(new(ProblemKind.IdempotencyMismatch, "This Idempotency-Key made a channel from another body."));
        var outcome = await grains.GetGrain<IChannelGrain>(new ChannelId(tenant, claimed).Key).Create(spec!, operation);
        if (outcome is ChannelOutcome.Refused { Problem.Kind: ProblemKind.InvalidRequest }) await operations.Release(operation);   // Nothing was made under it, now or before.
        return Answer(outcome, http);
    }

    private static async Task<IResult> Describe(string channel, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        return request.Refusal ?? Answer(await grains.GetGrain<IChannelGrain>(id.Key).Describe(), http);
    }

    private static async Task<IResult> Configure(string channel, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        var key = request.IdempotencyKey();
        var body = await request.BodyAsync<ConfigureChannelBody>();
        ImmutableArray<string>? agents = body?.Agents is { } names ? AgentNames.Of(names, request) : null;
        var sync = body?.Sync?.ToPolicy(request);
        if (request.Refusal is { } refusal) return refusal;
        var operation = key is null ? null : new OperationKey(PatchAnswers.OperationOf(request.Caller, key), ContentHash.Of([.. "configure "u8, .. request.Body.Utf8.Span]));
        return Answer(await grains.GetGrain<IChannelGrain>(id.Key).Configure(agents, sync, operation), http);
    }

    private static async Task<IResult> Delete(string channel, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Channel(channel);
        return request.Refusal ?? Answer(await grains.GetGrain<IChannelGrain>(id.Key).Delete(), http);
    }

    private static async Task<IResult> List(HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var (limit, after, tenant) = (request.QueryLimit(), request.QueryName("after"), request.Caller.Tenant);
        if (request.Refusal is { } refusal) return refusal;
        var (names, more) = await Listing.ReadAsync(grains, tenant, "channels", after, limit);
        var outcomes = await Task.WhenAll(names.Select(name => grains.GetGrain<IChannelGrain>(new ChannelId(tenant, name).Key).Describe()));
        return TypedResults.Json(
            new ChannelListBody([.. outcomes.OfType<ChannelOutcome.Found>().Select(found => ChannelBody.Of(found.Channel))], more ? names[^1] : null), Wire.Json);
    }

    private static IResult Answer(ChannelOutcome outcome, HttpContext http)
    {
        switch (outcome)
        {
            case ChannelOutcome.Found found:
                Replays.Say(http, found.IsReplay);
                if (found.Made) http.Response.Headers.Location = $"/v1/channels/{found.Channel.Id.Name}";
                return TypedResults.Json(ChannelBody.Of(found.Channel), Wire.Json, statusCode: found.Made ? 201 : 200);
            case ChannelOutcome.Deleted:
                return TypedResults.NoContent();
            case ChannelOutcome.Refused refused:
                return new ProblemResult(refused.Problem);
            default:
                throw new UnreachableException($"Unknown answer {outcome.GetType().Name}.");
        }
    }
}
