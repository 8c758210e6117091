using Rosud.Context;

namespace Rosud.Runs;

/// <summary>Finds the steps that may write a key or a key of a pattern.</summary>
internal sealed class WriterIndex
{
    private readonly Dictionary<string, List<int>> _exact = new(StringComparer.Ordinal);
    private readonly List<(KeyPattern Pattern, int Step)> _patterns = [];

    public WriterIndex(IReadOnlyList<PlannedStep> steps)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            foreach (var write in steps[i].Writes) Add(write, i);
        }
    }

    /// <summary>The steps, each once, in their order.</summary>
    public List<int> Of(KeyPattern read)
    {
        if (read.IsExact && _patterns.Count == 0) return _exact.TryGetValue(read.Value, out var some) ? [.. some] : [];
        var found = new SortedSet<int>();
        if (!read.IsExact)
        {
            foreach (var (key, steps) in _exact)
            {
                if (read.Matches(new(key))) found.UnionWith(steps);
            }
        }
        else if (_exact.TryGetValue(read.Value, out var steps))
        {
            found.UnionWith(steps);
        }

        foreach (var (pattern, step) in _patterns)
        {
            if (pattern.Overlaps(read)) found.Add(step);
        }

        return [.. found];
    }

    private void Add(KeyPattern write, int step)
    {
        if (!write.IsExact)
        {
            _patterns.Add((write, step));
            return;
        }

        if (!_exact.TryGetValue(write.Value, out var steps)) _exact[write.Value] = steps = [];
        if (steps.Count == 0 || steps[^1] != step) steps.Add(step);   // Steps come in their order; one may name a key twice.
    }
}
