namespace Rosud.Verdicts;

/// <summary>Newcombe's interval of the difference of two paired proportions: square-and-add of Wilson's intervals with the correlation between them.</summary>
/// <remarks>Method 10 of Newcombe, Improved confidence intervals for the difference between binomial proportions based on paired data, Statistics in Medicine 17 (1998), 2635–2650.</remarks>
internal static class PairedDifference
{
    /// <summary>The interval at ±<paramref name="z"/> standard errors.</summary>
    /// <param name="both">Pairs at which both succeeded.</param>
    /// <param name="onlyFirst">Pairs at which only the first did.</param>
    /// <param name="onlySecond">Pairs at which only the second did.</param>
    /// <param name="neither">Pairs at which neither did.</param>
    /// <param name="z">The quantile of the confidence.</param>
    public static (double Low, double High) Interval(int both, int onlyFirst, int onlySecond, int neither, double z)
    {
        double n = both + onlyFirst + onlySecond + neither;
        var (first, second) = (both + onlyFirst, both + onlySecond);
        var (p1, p2) = (first / n, second / n);
        var (l1, u1) = Wilson(first, n, z);
        var (l2, u2) = Wilson(second, n, z);
        var phi = Correlation(both, onlyFirst, onlySecond, neither);
        var difference = (onlyFirst - onlySecond) / n;
        return (difference - Root(p1 - l1, u2 - p2, phi), difference + Root(u1 - p1, p2 - l2, phi));
    }

    /// <summary>Wilson's interval of one proportion.</summary>
    public static (double Low, double High) Wilson(double successes, double n, double z)
    {
        var p = successes / n;
        var square = z * z / n;
        var centre = (p + (square / 2)) / (1 + square);
        var half = z * Math.Sqrt((p * (1 - p) / n) + (square / (4 * n))) / (1 + square);
        return (Math.Max(0, centre - half), Math.Min(1, centre + half));
    }

    private static double Root(double one, double other, double phi) => Math.Sqrt(Math.Max(0, (one * one) - (2 * phi * one * other) + (other * other)));

    // Corrected for continuity where it is positive.
    private static double Correlation(double both, double onlyFirst, double onlySecond, double neither)
    {
        var product = (both + onlyFirst) * (onlySecond + neither) * (both + onlySecond) * (onlyFirst + neither);
        if (product == 0) return 0;
        var cross = (both * neither) - (onlyFirst * onlySecond);
        if (cross > 0) cross = Math.Max(0, cross - ((both + onlyFirst + onlySecond + neither) / 2));
        return cross / Math.Sqrt(product);
    }
}
