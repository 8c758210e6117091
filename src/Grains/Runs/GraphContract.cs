using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>The contract of a task's steps together: who produces what, who waits for whom, and what is needed for what is wanted.</summary>
internal sealed class GraphContract(CoordinationTask task, ContextSync sync, IReadOnlyList<PlannedStep> steps, ExecutionKind execution)
{
    private readonly StepGraph _graph = StepGraph.Of(steps);
    private readonly WriterIndex _writers = new(steps);

    public void Check(Func<KeyPattern, bool> hasValue, List<ProblemError> errors)
    {
        if (_graph.Edges > TaskContract.EdgesMax) errors.Add(new("/task/steps", $"Steps may wait for each other in {TaskContract.EdgesMax} pairs.", "too_many_edges"));
        if (_graph.HasCycle)
        {
            var stuck = Enumerable.Range(0, steps.Count).Except(_graph.Order).First(IsOnCycle);
            errors.Add(new(At(stuck), "This step waits for itself, by what it reads or comes after.", "cycle"));
        }

        CheckOwners(errors);
        CheckOutputs(errors);
        CheckReads(hasValue, errors);
    }

    public Plan Plan()
    {
        var needed = Needed();
        var planned = _graph.Order.Where(needed.Contains).Select(i => steps[i] with { After = [.. steps[i].After.Distinct()] }).ToImmutableArray();
        if (execution == ExecutionKind.Single) planned = [planned[0] with { After = [] }];
        return new(planned, [.. Outputs()], planned.Select(step => step.Agent).Distinct(StringComparer.Ordinal).Count());
    }

    private string At(int step) => task.Steps is null ? "/task/steps" : $"/task/steps/{step}";

    private bool IsOnCycle(int step) => _graph.Descendants([step]).Contains(step);

    // R5: two steps may write the same key when every write is folded, or when one comes after the other.
    private void CheckOwners(List<ProblemError> errors)
    {
        for (var later = 1; later < steps.Count; later++)
        {
            for (var i = 0; i < steps[later].Writes.Length; i++)
            {
                var write = steps[later].Writes[i];
                var rival = _writers.Of(write).Where(other => other < later && !_graph.IsAfter(later, other) && !_graph.IsAfter(other, later))
                    .SelectMany(other => steps[other].Writes).Any(other => other.Overlaps(write) && !IsFolded(write, other));
                if (rival) errors.Add(new(task.Steps is null ? "/task/steps" : $"{At(later)}/writes/{i}", "Another step writes this too, and neither comes after the other.", "two_owners"));
            }
        }
    }

    private bool IsFolded(KeyPattern one, KeyPattern other)
    {
        var shared = other.Covers(one) ? one : other;
        var policy = sync.Keys.Where(key => key.Pattern.Covers(shared)).MaxBy(key => (key.Pattern.IsExact, key.Pattern.Value.Length));
        return (policy?.ConflictResolution ?? sync.ConflictResolution) == ConflictResolution.Merge;
    }

    private void CheckOutputs(List<ProblemError> errors)
    {
        if (task.Outputs is { } wanted && execution != ExecutionKind.Single)
        {
            for (var i = 0; i < wanted.Length; i++)
            {
                if (!KeyPattern.IsValid(wanted[i].Value)) errors.Add(new($"/task/outputs/{i}", "This is neither a key nor a prefix ending in *.", "bad_pattern"));
                else if (_writers.Of(wanted[i]).Count == 0) errors.Add(new($"/task/outputs/{i}", "No step writes this.", "no_producer"));
            }
        }

        if (!Outputs().Any()) errors.Add(new("/task/outputs", "Nothing is wanted: name an output that a step writes.", "nothing_wanted"));
    }

    private IEnumerable<KeyPattern> Outputs()
    {
        if (execution == ExecutionKind.Single)
        {
            var own = task.Outputs?.Where(wanted => steps[0].Writes.Any(write => write.Overlaps(wanted))).ToArray();
            return own is { Length: > 0 } ? own : steps[0].Writes;
        }

        if (task.Outputs is { } outputs) return outputs.Distinct();
        return steps.SelectMany((step, i) => step.Writes.Where(write => !IsReadByAnother(write, i))).Distinct();
    }

    private bool IsReadByAnother(KeyPattern write, int writer)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            if (i == writer) continue;
            if (steps[i].Reads.Any(read => read.Key.Overlaps(write))) return true;
            if (steps[i].When is { } when && write.Matches(when.Key)) return true;
        }

        return false;
    }

    private HashSet<int> Needed() => execution switch
    {
        ExecutionKind.SelectiveParallel => _graph.Slice(Outputs().SelectMany(_writers.Of)),
        ExecutionKind.Single => [0],
        _ => [.. Enumerable.Range(0, steps.Count)],
    };

    // R1, R2: only an exact key that is not optional must come from somewhere.
    private void CheckReads(Func<KeyPattern, bool> hasValue, List<ProblemError> errors)
    {
        var needed = Needed();
        foreach (var step in needed.Order())
        {
            for (var i = 0; i < steps[step].Reads.Length; i++)
            {
                var read = steps[step].Reads[i];
                if (read.Optional || !read.Key.IsExact || hasValue(read.Key)) continue;
                var produced = execution != ExecutionKind.Single && _graph.Producers(step, i).Length > 0;
                if (!produced) errors.Add(new(task.Steps is null ? "/task/steps" : $"{At(step)}/reads/{i}", "No step writes this and it has no value.", "missing_read"));
            }
        }
    }
}
