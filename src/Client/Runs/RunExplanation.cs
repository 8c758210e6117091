using System.Collections.Immutable;

namespace Rosud.Runs;

/// <summary>One thing that explains a run.</summary>
/// <param name="Sentence">In plain words.</param>
/// <param name="Evidence">Where to see it: a path of the HTTP API, with a JSON pointer behind <c>#</c> where it is one member of the answer.</param>
public sealed record Explanation(string Sentence, string Evidence);

/// <summary>Why a run was slow, why it went wrong and why it stopped, each with its evidence. The most important comes first.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Status">How it stands.</param>
/// <param name="WhySlow">Where the time between acceptance and end went, with shares.</param>
/// <param name="WhyWrong">What read something stale, failed, was refused or came too late. Empty when nothing did.</param>
/// <param name="WhyStopped">Why it ended as it did, or what it waits for.</param>
public sealed record RunExplanation(string Run, RunStatus Status, ImmutableArray<Explanation> WhySlow, ImmutableArray<Explanation> WhyWrong, ImmutableArray<Explanation> WhyStopped)
{
    /// <summary>Explains a run from its result alone.</summary>
    public static RunExplanation Of(RunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new(result.Run.Name, result.Status, Slowness.Of(result), Wrongs.Of(result), Stopping.Of(result));
    }
}

/// <summary>Paths of evidence.</summary>
internal static class Evidence
{
    public static string Member(RunResult run, string pointer) => $"/v1/runs/{run.Run.Name}#{pointer}";

    public static string Attempt(RunResult run, AttemptView attempt) => Member(run, $"/attempts/{run.Attempts.IndexOf(attempt)}");

    public static string Supervisor(string agent, RunResult run) => $"/v1/agents/{agent}/supervisor?network={run.Network}";

    public static string Blame(RunResult run, string key) => $"/v1/channels/{run.Run.Channel.Name}/blame?key={Uri.EscapeDataString(key)}";

    public static string Timeline(RunResult run) => $"/v1/runs/{run.Run.Name}/timeline";
}
