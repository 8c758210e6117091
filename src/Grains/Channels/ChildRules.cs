using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Runs that steps of other runs start: what the log of the run above keeps of them, and what bounds them.</summary>
internal static class ChildRules
{
    /// <summary>Runs above one another, the first included.</summary>
    public const int DepthMax = 10;

    public static Problem Unknown { get; } = new(ProblemKind.ContractRejected, "The task breaks its contract; no agent was called.")
    {
        Errors = [new("/parent", "There is no such run.", "unknown_parent")],
    };

    public static Problem Ended { get; } = new(ProblemKind.Fenced, "The parent run has ended: its steps start nothing any more.");

    public static Problem TreeFull { get; } = new(ProblemKind.ContractRejected, "The task breaks its contract; no agent was called.")
    {
        Errors = [TooManySteps],
    };

    public static ProblemError TooManySteps => new("/task/steps", $"A run and the runs below it have at most {TaskContract.StepsMax} steps.", "too_many_steps");

    /// <summary>What the run above keeps of a run. Its task id stands for it, so that asking for it again is asking for the same.</summary>
    public static ChildRun ChildOf(AcceptedRun run) => new(run.Run, run.Task.Id is { } task ? $"{run.Channel.Name}/{task}" : run.Run.Name, run.Steps.Length, IsDirect: true)
    {
        Limit = run.Limit ?? run.Task.Budget,
    };

    public static StepAnswer Put(Draft draft, RunId run, ChildRun child)
    {
        if (!draft.State.Runs.Live.TryGetValue(run.Name, out var record))
        {
            var end = draft.State.Runs.Stubs.GetValueOrDefault(run.Name)?.End;
            return new StepAnswer.Ended(end ?? new(RunStatus.Canceled, draft.Now, draft.State.Log.Head, "The channel does not know the run."));
        }

        if (child.Used is null)
        {
            if (record.End is { } end) return new StepAnswer.Ended(end);
            if (record.Children.Values.FirstOrDefault(other => other.Key == child.Key && other.IsDirect == child.IsDirect && other.Used is null) is { } stands)
            {
                return new StepAnswer.Done(draft.State.Log.Head, []) { Child = stands };
            }

            if (record.TreeSteps + child.Steps > TaskContract.StepsMax) return new StepAnswer.Refused(TreeFull);
        }

        if (!Equals(record.Children.GetValueOrDefault(child.Run.Name), child)) draft.Put(record with { Children = record.Children.SetItem(child.Run.Name, child) });
        return new StepAnswer.Done(draft.State.Log.Head, []) { Child = child };
    }
}
