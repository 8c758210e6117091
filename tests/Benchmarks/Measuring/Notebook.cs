using System.Collections.Immutable;

namespace Rosud.Measuring;

/// <summary>A figure with its spread and the machine's load (1 minute) while it was taken.</summary>
internal sealed record Figure(string Name, string Unit, Spread Spread, double LoadMin, double LoadMax);

/// <summary>Where repetitions are written down, one number at a time.</summary>
/// <param name="load">Says the machine's load now.</param>
internal sealed class Notebook(Func<double> load)
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, Row> _rows = [];
    private readonly List<string> _remarks = [];

    /// <summary>All figures in the order they were first noted.</summary>
    public ImmutableArray<Figure> Figures => [.. _names.Select(Of).OfType<Figure>()];

    /// <summary>What a reader of the figures must know.</summary>
    public ImmutableArray<string> Remarks => [.. _remarks];

    /// <summary>Notes one repetition of a figure.</summary>
    /// <exception cref="ArgumentException">The figure was noted with another unit.</exception>
    public void Note(string name, string unit, double value)
    {
        if (!_rows.TryGetValue(name, out var row))
        {
            _names.Add(name);
            _rows[name] = row = new(unit);
        }

        if (row.Unit != unit) throw new ArgumentException($"'{name}' was noted in {row.Unit} before.", nameof(unit));
        row.Values.Add(value);
        row.Loads.Add(load());
    }

    public void Remark(string sentence)
    {
        if (!_remarks.Contains(sentence)) _remarks.Add(sentence);
    }

    /// <summary>The figure, or null when nothing was noted under that name.</summary>
    public Figure? Of(string name) =>
        _rows.TryGetValue(name, out var row) ? new(name, row.Unit, new(row.Values), row.Loads.Min(), row.Loads.Max()) : null;

    public double? Median(string name) => Of(name)?.Spread.Median;

    /// <summary>Adds the figure <paramref name="name"/>: one divided by another, repetition by repetition.</summary>
    public void NoteRatio(string name, string of, string to)
    {
        if (Of(of) is not { } above || Of(to) is not { } below) return;
        foreach (var ratio in above.Spread.Over(below.Spread).Values) Note(name, "×", ratio);
    }

    /// <summary>Holds a figure against a goal.</summary>
    public Check Check(string name, Goal goal, string? notRun = null) => Of(name) is { } figure
        ? new(name, figure.Spread.Median, goal, figure.Unit)
        : new(name, null, goal, "", notRun ?? "It was not measured.");

    /// <summary>Holds the worst repetition of a figure against a goal: for what must never be wrong.</summary>
    public Check CheckWorst(string name, Goal goal, string? notRun = null) => Of(name) is { } figure
        ? new(name, goal.IsCeiling ? figure.Spread.Max : figure.Spread.Min, goal, figure.Unit)
        : Check(name, goal, notRun);

    private sealed class Row(string unit)
    {
        public string Unit { get; } = unit;

        public List<double> Values { get; } = [];

        public List<double> Loads { get; } = [];
    }
}
