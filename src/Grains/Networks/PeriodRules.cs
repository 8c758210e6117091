using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>Which times may be compared.</summary>
internal static class PeriodRules
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(92);

    public static ImmutableArray<ProblemError> Check(PeriodQuery query)
    {
        var errors = ImmutableArray.CreateBuilder<ProblemError>();
        if (query.Split <= query.From) errors.Add(new("split", "This must be after from.", "out_of_range"));
        if (query.To <= query.Split) errors.Add(new("to", "This must be after split.", "out_of_range"));
        if (query.To - query.From > Longest) errors.Add(new("from", "A report covers at most 92 days.", "out_of_range"));
        return errors.ToImmutable();
    }

    /// <summary>The beginning of the quarter of an hour that an instant is in.</summary>
    public static DateTimeOffset Slot(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % NetworkDay.Slot.Ticks), TimeSpan.Zero);

    /// <summary>The end of that quarter, or the instant itself where one begins.</summary>
    public static DateTimeOffset SlotAfter(DateTimeOffset at) => Slot(at + NetworkDay.Slot - TimeSpan.FromTicks(1));
}
