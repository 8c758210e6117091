using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Channels;

/// <summary>Remembers what accepted attempts wrote and commits it again for equal work: SEMANTICS R7.</summary>
internal static class StepMemos
{
    /// <summary>The commit with what is remembered of its work; null when nothing is that the step may write.</summary>
    public static StepCommit? Recall(ChannelState state, RunRecord record, StepCommit commit)
    {
        if (commit.Work is not { } work || state.Memos.Find(work.ToString()) is not { } memo) return null;
        var plan = record.Accepted.Steps.FirstOrDefault(step => step.Id == commit.Step);
        var isDeclared = plan is not null && memo.Writes.All(write => plan.Writes.Any(may => may.Matches(write.Key)));
        return isDeclared ? commit with { Writes = memo.Writes } : null;
    }

    /// <summary>What of some writes changes anything: what is equal already needs no version, unless every write is folded into its key.</summary>
    public static ImmutableArray<ContextWrite> Changing(ChannelState state, ImmutableArray<ContextWrite> writes) =>
        [.. writes.Where(write => state.Policies.For(write.Key).Resolution == ConflictResolution.Merge || !Equals(state.Log.Find(write.Key)?.Value, write.Value))];

    /// <summary>Remembers what an attempt wrote, with what it had published, unless that is too large or the step did something outside.</summary>
    public static void Remember(Draft draft, StepCommit commit, StepRecord step)
    {
        if (commit.Work is not { } work || commit.Writer is not null || step.Effects.Length > 0) return;
        var early = step.Early.Where(early => commit.Writes.All(write => write.Key != early.Key))
            .Select(early => new ContextWrite(early.Key, draft.State.Log.Find(early.Key)?.Value));
        var memo = new Memo(work, [.. commit.Writes, .. early], draft.Now, commit.Run.Name, commit.Step);
        if (memo.Bytes <= Memo.BytesMax) draft.Put(memo);
    }
}
