namespace Rosud.Verdicts;

/// <summary>The ratio of what an accepted result costs: several agents to one.</summary>
/// <remarks>
/// The standard error of its logarithm comes from 2,000 bootstraps of whole pairs; interval and p are normal on that scale. Percentiles of 2,000 bootstraps
/// could not reach the levels of the early looks, which lie far below 1 in 2,000.
/// </remarks>
internal static class CostRatio
{
    public const int Bootstraps = 2_000;

    /// <summary>The ratio and the standard error of its logarithm; null when one side reported no cost or had nothing accepted.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="seed">The same seed gives the same bootstraps.</param>
    public static (double Ratio, double LogError)? Of(ReadOnlySpan<PairObservation> pairs, ulong seed)
    {
        var total = default(Sums);
        var costs = new Sums[pairs.Length];
        for (var i = 0; i < pairs.Length; i++) total.Add(costs[i] = new(pairs[i]));
        if (!total.IsMeasured) return null;
        var random = new SplitMix(seed);
        var (mean, square) = (0.0, 0.0);
        for (var i = 1; i <= Bootstraps; i++)
        {
            var drawn = default(Sums);
            for (var j = 0; j < pairs.Length; j++) drawn.Add(costs[random.Below(costs.Length)]);
            var log = Math.Log(drawn.Ratio);
            var step = log - mean;   // Welford's way: no large sum minus a large sum.
            mean += step / i;
            square += step * (log - mean);
        }

        return (total.Ratio, Math.Sqrt(square / (Bootstraps - 1)));
    }

    private struct Sums(PairObservation pair)
    {
        private double _multi = pair.Multi.CostUsd;
        private double _single = pair.Single.CostUsd;
        private int _multiAccepted = pair.Multi.Succeeded ? 1 : 0;
        private int _singleAccepted = pair.Single.Succeeded ? 1 : 0;

        public readonly bool IsMeasured => _multi > 0 && _single > 0 && _multiAccepted > 0 && _singleAccepted > 0;

        // A draw without any accepted result counts half of one: its cost per result is large, not infinite.
        public readonly double Ratio => Math.Max(_multi, double.Epsilon) / Math.Max(0.5, _multiAccepted) / (Math.Max(_single, double.Epsilon) / Math.Max(0.5, _singleAccepted));

        public void Add(Sums other)
        {
            _multi += other._multi;
            _single += other._single;
            _multiAccepted += other._multiAccepted;
            _singleAccepted += other._singleAccepted;
        }
    }
}
