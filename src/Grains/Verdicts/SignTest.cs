namespace Rosud.Verdicts;

/// <summary>Exact tests and intervals that rest on the fair coin: McNemar's test, the sign test, and the interval of a median by order statistics.</summary>
internal static class SignTest
{
    private static readonly double[] LogFactorial = Factorials(Looks.Last);

    /// <summary>The two-sided p of <paramref name="one"/> heads and <paramref name="other"/> tails: McNemar's exact test of the pairs at which only one succeeded.</summary>
    public static double P(int one, int other) => Math.Min(1, 2 * AtMost(Math.Min(one, other), one + other));

    /// <summary>P(X ≤ k) of n fair coins.</summary>
    public static double AtMost(int k, int n)
    {
        var sum = 0.0;
        for (var i = 0; i <= k; i++) sum += Math.Exp(LogFactorial[n] - LogFactorial[i] - LogFactorial[n - i] - (n * Math.Log(2)));
        return sum;
    }

    /// <summary>The interval of the median that holds it with at least 1 − <paramref name="level"/>, by the ranks of the values; open ends are infinite.</summary>
    /// <param name="sorted">Values in ascending order.</param>
    /// <param name="level">How often the median may lie outside.</param>
    public static (double Low, double High) MedianInterval(IReadOnlyList<double> sorted, double level)
    {
        var rank = Rank(sorted.Count, level);
        return rank == 0 ? (double.NegativeInfinity, double.PositiveInfinity) : (sorted[rank - 1], sorted[sorted.Count - rank]);
    }

    /// <summary>The largest rank r for which the r-th smallest and the r-th largest of n values hold the median between them; 0 when none does.</summary>
    public static int Rank(int n, double level)
    {
        var (rank, below) = (0, 0.0);
        while (rank < n / 2)
        {
            below += Math.Exp(LogFactorial[n] - LogFactorial[rank] - LogFactorial[n - rank] - (n * Math.Log(2)));
            if (2 * below > level) break;
            rank++;
        }

        return rank;
    }

    private static double[] Factorials(int n)
    {
        var logs = new double[n + 1];
        for (var i = 2; i <= n; i++) logs[i] = logs[i - 1] + Math.Log(i);
        return logs;
    }
}
