using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Verdicts;

/// <summary>One task again, by one agent alone: what several agents are compared with. Keyed <c>tenant/run</c> with a run id of its own.</summary>
/// <remarks>Begins after the run of the several agents has ended, never writes the context, and is forgotten with its silo: then the pair does not count.</remarks>
[Alias("rosud.shadow")]
internal interface IShadowGrain : IGrainWithStringKey
{
    /// <summary>Does the task again. Returns at once; the same call again changes nothing.</summary>
    [Alias("start")]
    Task Start(AcceptedRun accepted, PairHalf several);

    /// <summary>The baseline's supervisor reports how the attempt went.</summary>
    [Alias("settle")]
    Task<SettleOutcome> Settle(Settlement settlement);

    /// <summary>The baseline publishes early: kept for the comparison, in nobody's context.</summary>
    [Alias("publish")]
    Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes);
}

/// <summary>Which runs have a shadow, and what it is called.</summary>
internal static class Shadows
{
    private const string Mark = "shadow";

    /// <summary>The shadow of a run.</summary>
    public static RunId Of(RunId run) => RunId.Make(run.Channel, Mark + run.Name[(run.Name.LastIndexOf('.') + 1)..]);

    /// <summary>Whether this names a shadow.</summary>
    public static bool Is(RunId run) => run.Name.AsSpan(run.Name.LastIndexOf('.') + 1).StartsWith(Mark, StringComparison.Ordinal);

    /// <summary>The baseline that a run is compared with; null when it is not sampled. The same run always gets the same answer.</summary>
    public static string? BaselineOf(RunId run, string? taskClass, Networks.VerdictPolicy? policy)
    {
        if (policy is null || taskClass is null || !policy.Baselines.TryGetValue(taskClass, out var baseline)) return null;
        var hash = run.Key.Aggregate(14695981039346656037UL, (hash, c) => (hash ^ c) * 1099511628211UL);
        return new SplitMix(hash).Unit() < policy.SampleRate ? baseline : null;
    }
}
