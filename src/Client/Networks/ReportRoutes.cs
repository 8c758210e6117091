using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>Before and after, as JSON or as a page to print.</summary>
internal static class ReportRoutes
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    public static void Map(RouteGroupBuilder network) =>
        network.MapGet("/report", Report).WithSummary("Incidents, latency, cost and errors before and after a moment, with intervals. With Accept: text/html a page to print.")
            .ReadsQuery("from", "Where the time before begins. Default 7 days before to.")
            .ReadsQuery("split", "Where it ends and the time after begins. Default the middle.")
            .ReadsQuery("to", "Where that ends. Default now.")
            .Answers<PeriodReport>(200).Refuses(400, 404);

    private static async Task<IResult> Report(string network, HttpContext http, IGrainFactory grains, TimeProvider time)
    {
        var request = new RequestReader(http);
        var id = request.Network(network);
        var to = Instant(request, "to") ?? time.GetUtcNow();
        var from = Instant(request, "from") ?? to - Week;
        var split = Instant(request, "split") ?? from + ((to - from) / 2);
        if (request.Refusal is { } refusal) return refusal;
        return await grains.GetGrain<INetworkGrain>(id.Key).Compare(new(from, split, to)) switch
        {
            PeriodOutcome.Found found when WantsPage(http) => ReportPage.Of(found.Report, http),
            PeriodOutcome.Found found => TypedResults.Json(found.Report, Wire.Json),
            PeriodOutcome.Refused refused => new ProblemResult(refused.Problem),
            var other => throw new InvalidOperationException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static bool WantsPage(HttpContext http) =>
        http.Request.GetTypedHeaders().Accept.FirstOrDefault(type => type.Quality is not 0)?.MediaType.Value is "text/html" or "application/xhtml+xml";

    private static DateTimeOffset? Instant(RequestReader request, string name)
    {
        if (request.Query(name) is not { } text) return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) && text.Contains('-', StringComparison.Ordinal)) return instant;
        request.Fault(name, "This must be an RFC 3339 time, for example 2026-01-31T12:00:00Z (a + of an offset is %2B in an address).");
        return null;
    }
}
