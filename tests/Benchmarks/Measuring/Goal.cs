using System.Globalization;

namespace Rosud.Measuring;

/// <summary>A bound that a figure must keep, itself included.</summary>
internal readonly record struct Goal(double Bound, bool IsCeiling)
{
    public static Goal AtMost(double bound) => new(bound, true);

    public static Goal AtLeast(double bound) => new(bound, false);

    public bool Holds(double value) => IsCeiling ? value <= Bound : value >= Bound;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsCeiling ? "≤" : "≥")} {Bound:#,0.###}");
}

/// <summary>A goal and what was measured against it.</summary>
/// <param name="Name">What is measured, and where.</param>
/// <param name="Value">The median over the repetitions, or the worst of them; null when it was not measured, which is no pass.</param>
/// <param name="Goal">The bound.</param>
/// <param name="Unit">The unit of both.</param>
/// <param name="NotRun">Why there is no value.</param>
internal sealed record Check(string Name, double? Value, Goal Goal, string Unit, string? NotRun = null)
{
    public bool Pass => Value is { } value && Goal.Holds(value);
}
