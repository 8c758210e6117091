using System.Globalization;
using System.Text.Json;
using Rosud.Channels;
using Rosud.Runs;
using Spectre.Console;

namespace Rosud.Demo;

/// <summary>Shows a run to a person while it happens and afterwards.</summary>
internal sealed class DemoScreen(IAnsiConsole console, TimeProvider clock)
{
    private long _started;

    public void Begin(ChannelId channel, DemoOptions options)
    {
        _started = clock.GetTimestamp();
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{options.Question}[/]");
        console.MarkupLineInterpolated($"[grey]searched in {options.Folder}, coordinated in channel {channel.Name}[/]");
        console.WriteLine();
    }

    public void Say(string what) => Line("you", what, "yellow");

    public void Show(FeedItem item)
    {
        switch (item)
        {
            case FeedItem.Commit { Change: var change }:
                var keys = string.Join(", ", change.Writes.Select(write => write.Value is null ? $"-{write.Key}" : write.Key.Value));
                Line(change.Origin.Writer, $"{(change.Provisional ? "publishes early" : "commits")} {change.Version}: {keys}", change.Provisional ? "aqua" : "green");
                break;
            case FeedItem.Notice { Body: var notice }:
                Notice(notice);
                break;
        }
    }

    /// <summary>Whether this says that the executor is at work on its first attempt.</summary>
    public static bool ExecutorStarted(FeedItem item) =>
        item is FeedItem.Notice { Body: { Type: "assignment" } notice }
        && Text(notice, "agent") == DemoAgents.Executor
        && Text(notice, "outcome") == "working";

    public void End(RunResult result)
    {
        console.WriteLine();
        console.Write(new Rule("[bold]answer[/]") { Justification = Justify.Left });
        var answer = result.Outputs.FirstOrDefault(output => output.Key.Value == "answer.text")?.Value.As<string>();
        console.WriteLine(answer ?? $"none: {result.ProblemDetail}");
        Citations(result);
        console.Write(new Rule("[bold]timeline[/]") { Justification = Justify.Left });
        Attempts(result);
        console.Write(new Rule("[bold]what coordination cost and brought[/]") { Justification = Justify.Left });
        Numbers(result);
    }

    private void Citations(RunResult result)
    {
        if (result.Outputs.FirstOrDefault(output => output.Key.Value == "answer.citations") is not { } citations) return;
        foreach (var citation in citations.Value.As<List<Citation>>() ?? []) console.MarkupLineInterpolated($"[grey][[{citation.Number}]] {citation.File}:{citation.Line}[/]");
    }

    private void Attempts(RunResult result)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("step", "agent", "attempt", "started", "took", "read", "wrote", "outcome", "why");
        foreach (var attempt in result.Attempts)
        {
            table.AddRow(
                attempt.Step, attempt.Agent, attempt.Attempt.ToString(CultureInfo.InvariantCulture),
                Ms(attempt.StartedAt - result.AcceptedAt), Ms(attempt.EndedAt - attempt.StartedAt),
                attempt.ReadVersion?.ToString() ?? "", attempt.WroteVersion?.ToString() ?? "",
                attempt.Outcome.ToString().ToLowerInvariant(), Markup.Escape(attempt.Reason ?? ""));
        }

        console.Write(table);
    }

    private void Numbers(RunResult result)
    {
        var parts = string.Join(", ", result.OverheadPartsMs.Where(part => part.Value >= 0.05).Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Key} {part.Value:0.0}")));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"status                    {JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Status.ToString())} in {result.WallMs:0} ms, rework {result.ReworkMs:0} ms"));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"coordination_overhead_ms  {result.CoordinationOverheadMs:0.0} ({parts})"));
        console.WriteLine($"stale_context_events      {result.StaleContextEvents.Values.Sum()}");
        console.WriteLine($"cascade_prevented         {result.CascadePrevented}");
        console.WriteLine($"agents_actually_needed    {result.Agents.Needed} (registered {result.Agents.Registered}, planned {result.Agents.Planned}, fired {result.Agents.Fired})");
        console.WriteLine($"tokens                    {result.WorkTokens} work, {result.CoordinationTokens} coordination (estimates)");
    }

    private void Notice(ChannelNotice notice)
    {
        var outcome = Text(notice, "outcome") ?? Text(notice, "status");
        var about = Text(notice, "step") is { } step ? $"{Text(notice, "agent")}" : notice.Type;
        var said = string.Join(' ', new[] { Text(notice, "step"), outcome, Text(notice, "progress"), Text(notice, "reason"), Text(notice, "detail") }.Where(part => !string.IsNullOrEmpty(part)));
        Line(about, said, notice.Type == "stale" ? "red" : "grey");
    }

    private static string? Text(ChannelNotice notice, string member)
    {
        using var json = JsonDocument.Parse(notice.Body.Utf8);
        return json.RootElement.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private void Line(string who, string what, string colour)
    {
        var at = clock.GetElapsedTime(_started).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
        console.MarkupLine($"[grey]{at,6} ms[/]  [{colour}]{Markup.Escape(who),-11} {Markup.Escape(what)}[/]");
    }

    private static string Ms(TimeSpan? time) => time is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known.TotalMilliseconds:0} ms") : "";

    private sealed record Citation(int Number, string File, int Line);
}
