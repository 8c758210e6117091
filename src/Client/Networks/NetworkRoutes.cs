using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>Configuring networks and reading what their runs add up to.</summary>
internal static class NetworkRoutes
{
    public static void Map(RouteGroupBuilder v1)
    {
        var network = v1.MapGroup("/networks/{network}").WithTags("Networks").RequireAuthorization(Rights.Client);
        network.MapPut("", Configure).WithSummary("Sets the network's coordination policy.")
            .Reads<ConfigureNetworkBody>().Answers<NetworkBody>(200).Refuses(400);
        network.MapGet("", Describe).WithSummary("The network's policy.")
            .Answers<NetworkBody>(200).Refuses(400, 404);
        network.MapGet("/metrics", Metrics).WithSummary("What the network's runs cost and brought.")
            .Answers<NetworkMetricsBody>(200).Refuses(400, 404);
        network.MapGet("/verdict", Verdict).WithSummary("Whether several agents beat one, by task class.")
            .ReadsPage().Answers<VerdictListBody>(200).Refuses(400, 404);
        ReportRoutes.Map(network);
        v1.MapGroup("/metrics").WithTags("Networks").RequireAuthorization(Rights.Client).MapGet("", TenantMetrics)
            .WithSummary("What all runs of the caller's tenant cost and brought: all its networks, merged.")
            .Answers<NetworkMetricsBody>(200).Refuses(400);
    }

    private static async Task<IResult> Configure(string network, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Network(network);
        var body = await request.BodyAsync<ConfigureNetworkBody>();
        var policy = body?.Coordination.ToPolicy(request);
        return request.Refusal ?? Answer(await grains.GetGrain<INetworkGrain>(id.Key).Configure(policy!));
    }

    private static async Task<IResult> Describe(string network, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Network(network);
        return request.Refusal ?? Answer(await grains.GetGrain<INetworkGrain>(id.Key).Describe());
    }

    private static async Task<IResult> Metrics(string network, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Network(network);
        if (request.Refusal is { } refusal) return refusal;
        var grain = grains.GetGrain<INetworkGrain>(id.Key);
        return await grain.Describe() is NetworkOutcome.Refused refused
            ? new ProblemResult(refused.Problem)
            : TypedResults.Json(NetworkMetricsBody.Of(await grain.Metrics()), Wire.Json);
    }

    private static async Task<IResult> TenantMetrics(HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        return request.Refusal ?? TypedResults.Json(NetworkMetricsBody.Of(await grains.GetGrain<ITenantGrain>(request.Caller.Tenant.Value).Metrics()), Wire.Json);
    }

    private static async Task<IResult> Verdict(string network, HttpContext http, IGrainFactory grains)
    {
        var request = new RequestReader(http);
        var id = request.Network(network);
        var (limit, after) = (request.QueryLimit(), request.Query("after"));
        if (request.Refusal is { } refusal) return refusal;
        if (await grains.GetGrain<INetworkGrain>(id.Key).Describe() is not NetworkOutcome.Found found) return new ProblemResult(new(ProblemKind.NotFound, "There is no such network."));
        var verdicts = await VerdictReading.Read(grains, found.Network, after, limit + 1);
        var shown = verdicts.Take(limit).Select(TaskClassVerdictBody.Of).ToList();
        return TypedResults.Json(new VerdictListBody(shown, verdicts.Length > limit ? shown[^1].TaskClass : null), Wire.Json);
    }

    private static IResult Answer(NetworkOutcome outcome) => outcome switch
    {
        NetworkOutcome.Found found => TypedResults.Json(NetworkBody.Of(found.Network), Wire.Json),
        NetworkOutcome.Refused refused => new ProblemResult(refused.Problem),
        _ => throw new UnreachableException($"Unknown answer {outcome.GetType().Name}."),
    };
}
