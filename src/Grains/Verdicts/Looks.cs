using System.Collections.Immutable;

namespace Rosud.Verdicts;

/// <summary>When the pairs are looked at, and how strict each look is: O'Brien–Fleming, so that five looks together err as seldom as one would.</summary>
/// <remarks>
/// At a share t of all pairs the bound of |z| is C/√t. C solves that a Brownian motion passes C at one of the five shares with probability α; the tests
/// solve it again. Jennison and Turnbull, Group Sequential Methods with Applications to Clinical Trials (2000), section 2.4.
/// </remarks>
internal static class Looks
{
    /// <summary>Errors of the first kind over all looks and all comparisons.</summary>
    public const double Alpha = 0.05;

    /// <summary>No pair after this one is looked at.</summary>
    public const int Last = 1_280;

    /// <summary>At how many pairs.</summary>
    public static ImmutableArray<int> Pairs { get; } = [80, 160, 320, 640, Last];

    // For α, α/2 and α/3: Holm's levels with one, two and three comparisons open.
    private static readonly double[] Constants = [1.977608489, 2.250495426, 2.400128236];

    /// <summary>The bound of |z| at a look, while so many comparisons are open.</summary>
    public static double Bound(int look, int open) => Constants[open - 1] / Math.Sqrt((double)Pairs[look] / Last);

    /// <summary>The two-sided level at a look, while so many comparisons are open.</summary>
    public static double Level(int look, int open) => Normal.TwoSided(Bound(look, open));
}
