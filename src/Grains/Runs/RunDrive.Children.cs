namespace Rosud.Runs;

// Runs that steps of this one start.
internal sealed partial class RunDrive
{
    private readonly Dictionary<string, ChildRun> _children = new(StringComparer.Ordinal);

    /// <summary>The runs that steps of this one have started.</summary>
    public IEnumerable<ChildRun> Children => _children.Values;

    /// <summary>What bounds another; null when this run has ended.</summary>
    public ParentStanding? Standing(DateTimeOffset now) => Ended is not null || IsStopped
        ? null
        : new(_accepted.Root ?? _accepted.Run, _accepted.Depth, _accepted.Steps.Length + _children.Values.Sum(child => child.Steps), _deadline - now, _budget.Left);

    /// <summary>Promises a run that a step starts its part of the budget, before it is in the log. False when there is not enough left.</summary>
    public bool TryPromise(ChildRun child) => !child.IsDirect || IsKnown(child) || _budget.TryPromise(child.Key, child.Limit);

    /// <summary>A run below this one is in the log, or is not after all.</summary>
    public void Spawned(ChildRun child, bool isKept, DateTimeOffset now)
    {
        if (!isKept)
        {
            if (!IsKnown(child)) _budget.TakeBack(child.Key);
            return;
        }

        if (_children.TryAdd(child.Run.Name, child) && child.IsDirect) _timeline.Add(now, "spawned", detail: child.Run.Name);
    }

    /// <summary>A run that a step started has ended: what it used is this run's too. The first word counts.</summary>
    public void ChildEnded(string child, ChildUsage used, DateTimeOffset now)
    {
        if (!_children.TryGetValue(child, out var known) || known.Used is not null) return;
        _children[child] = known with { Used = used };
        if (!known.IsDirect) return;   // The run that started it has it in what it used.
        _budget.Settle(known.Key, used);
        Advance(now);
    }

    private void Restore(ChildRun child)
    {
        _children[child.Run.Name] = child;
        if (!child.IsDirect) return;
        if (child.Used is { } used) _budget.Settle(child.Key, used);
        else _budget.TryPromise(child.Key, child.Limit);
    }

    private bool IsKnown(ChildRun child) => _children.Values.Any(other => other.Key == child.Key && other is { IsDirect: true, Used: null });
}
