using System.Globalization;

namespace Rosud;

/// <summary>How many cases a property tries. <c>ROSUD_CASES</c> is a percentage of it: more for a night, few where the same tests run for each of a thousand mutants.</summary>
internal static class Cases
{
    private const string Variable = "ROSUD_CASES";
    private const int Fewest = 100;

    private static readonly double Percent =
        double.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) && percent > 0 ? percent : 100;

    public static int Of(int count) => Math.Max(Math.Min(count, Fewest), (int)Math.Min(int.MaxValue, count * Percent / 100));
}
