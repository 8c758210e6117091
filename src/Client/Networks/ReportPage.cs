using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Rosud.Networks;

/// <summary>The report as one page without scripts, for people and printers.</summary>
internal static class ReportPage
{
    private const string Style = """
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
        table { border-collapse: collapse; width: 100% } th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid #ccc } th:first-child, td:first-child { text-align: left }
        small { color: #555 } @media print { body { margin: 0 } }
        """;

    public static IResult Of(PeriodReport report, HttpContext http)
    {
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return Results.Text(Html(report), "text/html; charset=utf-8");
    }

    private static string Html(PeriodReport report)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Before and after: {Text(report.Network)}</title><style>{Style}</style></head><body>");
        page.Append(CultureInfo.InvariantCulture, $"<h1>Before and after: {Text(report.Network)}</h1><p>Before: {Span(report.Before)}. After: {Span(report.After)}.</p>");
        page.Append("<table><thead><tr><th></th><th>before</th><th>after</th><th>change</th></tr></thead><tbody>");
        Row(page, "Runs", Number(report.Before.Runs, "#,0"), Number(report.After.Runs, "#,0"), "");
        Row(page, "Errors, %", Cell(report.Before.ErrorPercent, "0.0"), Cell(report.After.ErrorPercent, "0.0"), Cell(report.Change.ErrorPoints, "+0.0;-0.0;0.0") + " points");
        Row(page, "Incidents", Number(report.Before.Incidents, "#,0"), Number(report.After.Incidents, "#,0"), "");
        Row(page, "Incidents per 1,000 runs", Cell(report.Before.IncidentsPerThousandRuns, "0.0"), Cell(report.After.IncidentsPerThousandRuns, "0.0"), Times(report.Change.IncidentRatio));
        Row(page, "Latency, median, ms", Cell(report.Before.LatencyP50Ms, "#,0"), Cell(report.After.LatencyP50Ms, "#,0"), Times(report.Change.LatencyP50Ratio));
        Row(page, "Latency, 95th percentile, ms", Cell(report.Before.LatencyP95Ms, "#,0"), Cell(report.After.LatencyP95Ms, "#,0"), Times(report.Change.LatencyP95Ratio));
        Row(page, "Cost per run, $", Cell(report.Before.CostUsdPerRun, "0.0000"), Cell(report.After.CostUsdPerRun, "0.0000"), Times(report.Change.CostRatio));
        page.Append("</tbody></table><ul>");
        foreach (var sentence in report.Sentences) page.Append(CultureInfo.InvariantCulture, $"<li>{Text(sentence)}</li>");
        return page.Append("</ul><p><small>In brackets: 95 % intervals. An incident is a stretch of adjoining quarters of an hour that have an error. Runs count by their end. What else changed at that moment is not known here.</small></p></body></html>").ToString();
    }

    private static void Row(StringBuilder page, string what, string before, string after, string change) =>
        page.Append(CultureInfo.InvariantCulture, $"<tr><td>{what}</td><td>{before}</td><td>{after}</td><td>{change}</td></tr>");

    private static string Times(Estimate ratio) => ratio.Value is null ? "–" : "× " + Cell(ratio, "0.00");

    private static string Cell(Estimate estimate, string format) => estimate.Value is not { } value ? "–"
        : estimate is { Low: { } low, High: { } high } ? $"{Number(value, format)} <small>[{Number(low, format)} to {Number(high, format)}]</small>"
        : Number(value, format);

    private static string Span(PeriodFigures figures) => string.Create(CultureInfo.InvariantCulture, $"{figures.From.UtcDateTime:yyyy-MM-dd HH:mm} to {figures.To.UtcDateTime:yyyy-MM-dd HH:mm} UTC");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
