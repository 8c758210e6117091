using MathNet.Numerics;

namespace Rosud.Verdicts;

/// <summary>Solves the constant of O'Brien and Fleming's bounds by integrating the Brownian motion that has not yet crossed, look by look (Armitage, McPherson and Rowe 1969).</summary>
internal static class OBrienFleming
{
    private const int Cells = 200;

    public static double Solve(double[] shares, double alpha)
    {
        var (low, high) = (1.0, 5.0);
        while (high - low > 1e-9)
        {
            var middle = (low + high) / 2;
            if (Crosses(middle, shares) > alpha) low = middle;
            else high = middle;
        }

        return low;
    }

    // At share t the motion has variance t, and |z| ≥ C/√t means that it is at C or beyond.
    private static double Crosses(double bound, double[] shares)
    {
        double[] at = [.. Enumerable.Range(0, Cells + 1).Select(i => -bound + (2 * bound * i / Cells))];
        double[] weight = [.. Enumerable.Range(0, Cells + 1).Select(i => (i is 0 or Cells ? 1 : i % 2 == 1 ? 4 : 2) * 2 * bound / Cells / 3)];
        double[] inside = [.. at.Select(x => Density(x, shares[0]))];
        var crossed = SpecialFunctions.Erfc(bound / Math.Sqrt(2 * shares[0]));
        for (var look = 1; look < shares.Length; look++)
        {
            var step = shares[look] - shares[look - 1];
            crossed += Enumerable.Range(0, Cells + 1).Sum(i => weight[i] * inside[i] * (SpecialFunctions.Erfc((bound - at[i]) / Math.Sqrt(2 * step)) + SpecialFunctions.Erfc((bound + at[i]) / Math.Sqrt(2 * step))) / 2);
            var before = inside;
            inside = [.. at.Select(y => Enumerable.Range(0, Cells + 1).Sum(i => weight[i] * before[i] * Density(y - at[i], step)))];
        }

        return crossed;
    }

    private static double Density(double x, double variance) => Math.Exp(-x * x / (2 * variance)) / Math.Sqrt(2 * Math.PI * variance);
}
