using System.Collections.Immutable;
using System.Globalization;
using Rosud.Histories;
using Rosud.Nemeses;
using Rosud.Runs;

namespace Rosud.Reports;

/// <summary>A goal and what this run saw of it.</summary>
/// <param name="Name">Which goal, and what it says.</param>
/// <param name="Value">What was seen; null when this run had no occasion.</param>
/// <param name="Goal">The most that is allowed.</param>
/// <param name="Unit">The unit of both.</param>
internal sealed record FaultCheck(string Name, double? Value, double Goal, string Unit)
{
    /// <summary>Null when there was no occasion.</summary>
    public bool? Pass => Value is { } value ? value <= Goal : null;

    private static readonly Broken[] LostKinds = [Broken.Lost, Broken.Moved];
    private static readonly Broken[] ListenerKinds = [Broken.Skipped, Broken.ToldTwice, Broken.ToldLate, Broken.Torn, Broken.ToldInvented, Broken.WrongGap, Broken.Unfinished];
    private static readonly Broken[] ReadKinds = [Broken.StaleRead, Broken.ReadAhead, Broken.WrongContent, Broken.WentBack];
    private static readonly Broken[] RelianceKinds = [Broken.AcceptedStale, Broken.RefusedFresh];

    public static ImmutableArray<FaultCheck> Of(FaultTally tally)
    {
        var one = tally.Episodes.Where(episode => episode.Nemesis == Nemesis.KillOne.Name).SelectMany(episode => episode.Gaps).Select(gap => gap.TotalSeconds).Order().ToList();
        var all = tally.Episodes.Where(episode => episode.Nemesis == Nemesis.KillAll.Name).SelectMany(episode => episode.Gaps).Select(gap => gap.TotalSeconds).ToList();
        var known = LostKinds.Concat(ListenerKinds).Concat(ReadKinds).Concat(RelianceKinds).ToHashSet();
        return
        [
            new("G1 acknowledged writes lost or moved", Count(tally, LostKinds.Contains), 0, "writes"),
            new("G2 versions skipped or repeated, operations twice, from nowhere or out of order", Count(tally, kind => !known.Contains(kind)), 0, "violations"),
            new("G3 reads that are stale, wrong or go back", Count(tally, ReadKinds.Contains), 0, "reads"),
            new("G3 writes accepted on stale reads, or refused on fresh ones", Count(tally, RelianceKinds.Contains), 0, "writes"),
            new("G4 silent gaps, repeats, reorders and torn commits at listeners", Count(tally, ListenerKinds.Contains), 0, "violations"),
            new("G5 one of two silos killed: channel's silence, median", one.Count > 0 ? one[one.Count / 2] : null, 1, "s"),
            new("G5 one of two silos killed: channel's silence, longest", one.Count > 0 ? one[^1] : null, 3, "s"),
            new("G10 all silos killed and started again: channel's silence, longest", all.Count > 0 ? all.Max() : null, 15, "s"),
        ];
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}: {Value?.ToString("0.###", CultureInfo.InvariantCulture) ?? "-"} {Unit}, at most {Goal}");

    private static double? Count(FaultTally tally, Func<Broken, bool> counts) => tally.Histories == 0 ? null : tally.Violations.Count(found => counts(found.Violation.Kind));
}
