namespace Rosud.Verdicts;

/// <summary>Tails of the standard normal distribution, with a relative error below 1e-10 also far out.</summary>
internal static class Normal
{
    private const double SeriesUntil = 3;

    /// <summary>P(|Z| ≥ |z|).</summary>
    public static double TwoSided(double z)
    {
        var x = Math.Abs(z);
        if (double.IsNaN(x)) return 1;
        if (x > 38) return 0;   // Below the smallest double.
        return x < SeriesUntil ? 1 - Inside(x) : Outside(x);
    }

    // Twice the integral from 0: the series z + z³/3 + z⁵/(3·5) + …
    private static double Inside(double x)
    {
        var (term, sum) = (x, x);
        for (var i = 3; term > sum * 1e-17; i += 2) sum += term *= x * x / i;
        return 2 * sum * Density(x);
    }

    // Laplace's continued fraction, from its far end.
    private static double Outside(double x)
    {
        var tail = x;
        for (var i = 200; i > 0; i--) tail = x + (i / tail);
        return 2 * Density(x) / tail;
    }

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
}
