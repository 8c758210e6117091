using System.Collections.Immutable;
using System.Globalization;
using HdrHistogram;
using Rosud.Verdicts;

namespace Rosud.Networks;

/// <summary>A report of two times from their slots. A value.</summary>
internal static class PeriodStatistics
{
    private const double Z = 1.959963985;

    /// <summary>What one time was like.</summary>
    /// <param name="from">Its beginning, on a slot.</param>
    /// <param name="to">Its end, on a slot.</param>
    /// <param name="slots">Slots with runs and when they begin, in order.</param>
    public static PeriodFigures Of(DateTimeOffset from, DateTimeOffset to, IEnumerable<(DateTimeOffset At, SlotRecord Slot)> slots)
    {
        var (runs, errors, incidents, cost, squares) = (0L, 0L, 0L, 0.0, 0.0);
        var latency = LatencyHistogram.Empty;
        DateTimeOffset? last = null;
        foreach (var (at, slot) in slots.Where(slot => slot.At >= from && slot.At < to))
        {
            (runs, errors, cost, squares) = (runs + slot.Runs, errors + slot.Errors, cost + slot.CostUsd, squares + slot.CostSquares);
            latency.Add(LatencyHistogram.Decode(slot.Latency));
            if (slot.Errors == 0) continue;
            if (last != at - NetworkDay.Slot) incidents++;
            last = at;
        }

        return new()
        {
            From = from,
            To = to,
            Runs = runs,
            Errors = errors,
            ErrorPercent = Percent(errors, runs),
            Incidents = incidents,
            IncidentsPerThousandRuns = Poisson(incidents, runs),
            LatencyP50Ms = Quantile(latency, 0.50),
            LatencyP95Ms = Quantile(latency, 0.95),
            CostUsdPerRun = Mean(runs, cost, squares),
        };
    }

    public static PeriodReport Report(string network, PeriodFigures before, PeriodFigures after)
    {
        var change = new PeriodChange
        {
            ErrorPoints = Difference(before, after),
            IncidentRatio = IncidentRatio(before, after),
            LatencyP50Ratio = Ratio(after.LatencyP50Ms, before.LatencyP50Ms),
            LatencyP95Ratio = Ratio(after.LatencyP95Ms, before.LatencyP95Ms),
            CostRatio = CostRatio(after.CostUsdPerRun, before.CostUsdPerRun),
        };
        return new() { Network = network, Before = before, After = after, Change = change, Sentences = PeriodSentences.Of(before, after, change) };
    }

    private static Estimate Percent(long errors, long runs)
    {
        if (runs == 0) return Nothing;
        var (low, high) = PairedDifference.Wilson(errors, runs, Z);
        return new(100.0 * errors / runs, 100 * low, 100 * high);
    }

    // Newcombe's method 10 of independent proportions: square-and-add of Wilson's intervals.
    private static Estimate Difference(PeriodFigures before, PeriodFigures after)
    {
        if (before.ErrorPercent is not { Value: { } was, Low: { } wasLow, High: { } wasHigh } || after.ErrorPercent is not { Value: { } now, Low: { } nowLow, High: { } nowHigh }) return Nothing;
        return new(now - was, now - was - Math.Sqrt(Square(now - nowLow) + Square(wasHigh - was)), now - was + Math.Sqrt(Square(nowHigh - now) + Square(was - wasLow)));
    }

    // Byar's approximation of the exact interval of a Poisson count.
    private static Estimate Poisson(long count, long runs)
    {
        if (runs == 0) return Nothing;
        var low = count == 0 ? 0 : count * Math.Pow(1 - (1.0 / (9 * count)) - (Z / (3 * Math.Sqrt(count))), 3);
        var high = (count + 1) * Math.Pow(1 - (1.0 / (9 * (count + 1))) + (Z / (3 * Math.Sqrt(count + 1))), 3);
        return new(1_000.0 * count / runs, 1_000 * low / runs, 1_000 * high / runs);
    }

    private static Estimate IncidentRatio(PeriodFigures before, PeriodFigures after)
    {
        if (before.Incidents == 0 || after.Incidents == 0) return new(before.Incidents > 0 && after.Runs > 0 ? 0 : null, null, null);
        return OnLogarithm(after.IncidentsPerThousandRuns.Value!.Value / before.IncidentsPerThousandRuns.Value!.Value, Math.Sqrt((1.0 / after.Incidents) + (1.0 / before.Incidents)));
    }

    // The ranks that hold the percentile with 95 %, by the normal limit of the binomial; few values have no interval.
    private static Estimate Quantile(HistogramBase latency, double share)
    {
        double runs = latency.TotalCount;
        if (runs == 0) return Nothing;
        var reach = Z * Math.Sqrt(runs * share * (1 - share));
        var (low, high) = (Math.Floor((runs * share) - reach), Math.Ceiling((runs * share) + reach) + 1);
        return new(LatencyHistogram.At(latency, 100 * share), low < 1 ? null : LatencyHistogram.At(latency, 100 * low / runs), high > runs ? null : LatencyHistogram.At(latency, 100 * high / runs));
    }

    private static Estimate Mean(long runs, double sum, double squares)
    {
        if (runs == 0) return Nothing;
        var mean = sum / runs;
        if (runs == 1) return new(mean, null, null);
        var reach = Z * Math.Sqrt(Math.Max(0, (squares - (runs * mean * mean)) / (runs - 1)) / runs);
        return new(mean, Math.Max(0, mean - reach), mean + reach);
    }

    private static Estimate Ratio(Estimate after, Estimate before) => before.Value is > 0 && after.Value is { } now
        ? new(now / before.Value, after.Low / before.High, before.Low is > 0 ? after.High / before.Low : null)
        : Nothing;

    private static Estimate CostRatio(Estimate after, Estimate before)
    {
        if (before is not { Value: > 0 and var was, High: { } wasHigh } || after is not { Value: > 0 and var now, High: { } nowHigh }) return Nothing;
        return OnLogarithm(now / was, Math.Sqrt(Square((nowHigh - now) / Z / now) + Square((wasHigh - was) / Z / was)));
    }

    private static Estimate OnLogarithm(double ratio, double error) => new(ratio, ratio * Math.Exp(-Z * error), ratio * Math.Exp(Z * error));

    private static double Square(double value) => value * value;

    private static Estimate Nothing { get; } = new(null, null, null);
}

/// <summary>A report in words.</summary>
internal static class PeriodSentences
{
    public static ImmutableArray<string> Of(PeriodFigures before, PeriodFigures after, PeriodChange change)
    {
        if (before.Runs == 0 || after.Runs == 0) return [before.Runs == 0 ? "There were no runs before, so there is nothing to compare with." : "There were no runs after, so there is nothing to compare."];
        return
        [
            Sentence("Errors", before.ErrorPercent, after.ErrorPercent, "0.0", " %", change.ErrorPoints, points: true),
            Sentence("Incidents for each 1,000 runs", before.IncidentsPerThousandRuns, after.IncidentsPerThousandRuns, "0.0", "", change.IncidentRatio, points: false),
            Sentence("Median latency", before.LatencyP50Ms, after.LatencyP50Ms, "#,0", " ms", change.LatencyP50Ratio, points: false),
            Sentence("The 95th percentile of latency", before.LatencyP95Ms, after.LatencyP95Ms, "#,0", " ms", change.LatencyP95Ratio, points: false),
            Sentence("Cost per run", before.CostUsdPerRun, after.CostUsdPerRun, "$0.0000", "", change.CostRatio, points: false),
        ];
    }

    private static string Sentence(string what, Estimate before, Estimate after, string format, string unit, Estimate change, bool points)
    {
        var said = $"{what}: {Number(before.Value, format)}{unit} before, {Number(after.Value, format)}{unit} after";
        if (change is not { Value: { } value, Low: { } low, High: { } high }) return $"{said}; too little to say how sure that is.";
        var none = points ? 0 : 1;
        var by = points
            ? string.Create(CultureInfo.InvariantCulture, $"{value:+0.0;-0.0;0.0} points, 95 % interval {low:+0.0;-0.0;0.0} to {high:+0.0;-0.0;0.0}")
            : string.Create(CultureInfo.InvariantCulture, $"{100 * (value - 1):+0;-0;0} %, 95 % interval {100 * (low - 1):+0;-0;0} % to {100 * (high - 1):+0;-0;0} %");
        return low <= none && high >= none ? $"{said} ({by}): no difference is shown." : $"{said} ({by}).";
    }

    private static string Number(double? value, string format) => value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) : "nothing";
}
