using System.Collections.Immutable;
using System.Globalization;

namespace Rosud.Runs;

/// <summary>Why a run took its time: the critical path in words and shares.</summary>
internal static class Slowness
{
    private const double ShareMin = 0.05;
    private const int SentencesMax = 6;

    public static ImmutableArray<Explanation> Of(RunResult run)
    {
        if (run.WallMs <= 0 || run.CriticalPath.Length == 0) return [];
        var parts = run.CriticalPath.Select((part, i) => (Part: part, Index: i))
            .GroupBy(found => (found.Part.Kind, found.Part.Step, found.Part.Agent, Attempt: found.Part.Kind is "work" or "rework" ? found.Part.Attempt : 0))
            .Select(group => (group.Key, Ms: group.Sum(found => found.Part.Ms), First: group.First()))
            .OrderByDescending(group => group.Ms)
            .Where((group, i) => i == 0 || group.Ms >= run.WallMs * ShareMin)
            .Take(SentencesMax)
            .Select(group => new Explanation($"{Took(group.Ms, run.WallMs)} {What(group.First.Part, run)}.", Where(group.First.Part, group.First.Index, run)));
        return [Whole(run), .. parts];
    }

    private static Explanation Whole(RunResult run)
    {
        var work = run.CriticalPath.Where(part => part.Kind == "work").Sum(part => part.Ms);
        var sentence = $"Of {Ms(run.WallMs)} on the critical path, {Share(work, run.WallMs)} was work, {Share(run.ReworkMs, run.WallMs)} work that did not count, {Person(run)}and {Share(run.CoordinationOverheadMs, run.WallMs)} coordination.";
        return new(sentence, Evidence.Member(run, "/critical_path"));
    }

    private static string Person(RunResult run) =>
        run.CriticalPath.Where(part => part.Kind == "person").Sum(part => part.Ms) is > 0 and var ms ? $"{Share(ms, run.WallMs)} waiting for a person, " : "";

    private static string What(PathPart part, RunResult run) => part.Kind switch
    {
        "work" => $"was {part.Agent} at work on step {part.Step}",
        "rework" => $"was {part.Agent} at work on step {part.Step} in vain: attempt {part.Attempt}{Ended(part, run)}",
        "queue" => $"step {part.Step} waited until the supervisor of {part.Agent} admitted it",
        "dispatch" when part.Step is not null => $"step {part.Step} waited for a free place at {part.Agent}",
        "dispatch" => "passed before the first step was ready",
        "context" => $"went into the view that step {part.Step} was handed",
        "commit" => $"went into judging and committing what step {part.Step} wrote",
        "conflict" => $"step {part.Step} waited for others: a key it had read was not accepted yet, or had changed",
        "backoff" => $"step {part.Step} waited before it was tried again{Cause(part, run)}",
        "person" => $"step {part.Step} waited for a person's answer",
        "merge" => "passed between the last commit and the result",
        _ => $"was {part.Kind} of step {part.Step}",
    };

    private static string Where(PathPart part, int index, RunResult run) =>
        part is { Kind: "queue" or "dispatch", Agent: { } agent } ? Evidence.Supervisor(agent, run) : Evidence.Member(run, string.Create(CultureInfo.InvariantCulture, $"/critical_path/{index}"));

    private static string Ended(PathPart part, RunResult run) =>
        run.Attempts.FirstOrDefault(attempt => attempt.Step == part.Step && attempt.Attempt == part.Attempt) is { } attempt ? $" {Wrongs.Ending(attempt)}" : " was not accepted";

    private static string Cause(PathPart part, RunResult run) =>
        run.Attempts.FirstOrDefault(attempt => attempt.Step == part.Step && attempt.Outcome != AttemptOutcome.Accepted) is { } attempt ? $", because attempt {attempt.Attempt} {Wrongs.Ending(attempt)}" : "";

    private static string Took(double ms, double wall) => $"{Ms(ms)} ({Share(ms, wall)})";

    private static string Ms(double ms) => string.Create(CultureInfo.InvariantCulture, $"{ms:#,0} ms");

    private static string Share(double ms, double wall) => string.Create(CultureInfo.InvariantCulture, $"{100 * ms / wall:0} %");
}
