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
    public bool TryPromise(ChildRun child) => !child.IsDirect || _children.ContainsKey(child.Run.Name) || _budget.TryPromise(child.Run.Name, child.Limit);

    /// <summary>A run below this one is in the log, or is not after all.</summary>
    public void Spawned(ChildRun child, bool isKept, DateTimeOffset now)
    {
        if (!isKept)
        {
            _budget.TakeBack(child.Run.Name);
            return;
        }

        foreach (var before in _children.Values.Where(other => other.Key == child.Key && other.IsDirect == child.IsDirect && other.Run != child.Run).ToList())
        {
            _children.Remove(before.Run.Name);
            _budget.TakeBack(before.Run.Name);
        }

        if (_children.TryAdd(child.Run.Name, child) && child.IsDirect) _timeline.Add(now, "spawned", detail: child.Run.Name);
    }

    /// <summary>A run that a step started has ended: what it used is this run's too. The first word counts.</summary>
    public void ChildEnded(string child, ChildUsage used, DateTimeOffset now)
    {
        if (!_children.TryGetValue(child, out var known) || known.Used is not null) return;
        _children[child] = known with { Used = used };
        if (!known.IsDirect) return;   // The run that started it has it in what it used.
        _budget.Settle(child, used);
        Advance(now);
    }

    private void Restore(ChildRun child)
    {
        _children[child.Run.Name] = child;
        if (!child.IsDirect) return;
        if (child.Used is { } used) _budget.Settle(child.Run.Name, used);
        else _budget.TryPromise(child.Run.Name, child.Limit);
    }
}
