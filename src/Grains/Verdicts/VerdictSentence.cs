using System.Globalization;

namespace Rosud.Verdicts;

/// <summary>A verdict in words that need no statistics.</summary>
internal static class VerdictSentence
{
    public static string Of(Verdict verdict)
    {
        var pairs = Pairs(verdict.Look > 0 ? verdict.Look : verdict.Pairs);
        return verdict.Answer switch
        {
            VerdictAnswer.Multi => $"Use several agents: {pairs}, {Facts(verdict, several: true)}.",
            VerdictAnswer.Single => $"Use one agent: {pairs}, {Facts(verdict, several: false)}.",
            VerdictAnswer.TradeOff => $"It is a trade-off: {pairs}; several agents have {Facts(verdict, several: true)}.",
            VerdictAnswer.Equivalent => $"It makes no difference: {pairs}, {Facts(verdict, several: true)}.",
            _ when verdict.PairsNeeded == 0 => $"Not known: {pairs} did not decide it, and no more are looked at; {Facts(verdict, several: true)}.",
            _ when verdict.Look == 0 => $"Not known yet: {pairs}, {Missing(verdict)} needed for the first look.",
            _ => $"Not known yet: {pairs}, {Facts(verdict, several: true)}; {Missing(verdict)} needed for the next look.",
        };
    }

    private static string Pairs(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? "pair" : "pairs")}");

    private static string Missing(Verdict verdict) => string.Create(CultureInfo.InvariantCulture, $"{verdict.PairsNeeded:#,0} more {(verdict.PairsNeeded == 1 ? "is" : "are")}");

    private static string Facts(Verdict verdict, bool several) => string.Join(
        ", ",
        new[] { Success(verdict.Success!, several), Ratio(verdict.Latency!, several, "faster", "slower", "speed"), Ratio(verdict.Cost!, several, "cheaper", "dearer", "cost") }.OfType<string>());

    private static string Success(SuccessComparison success, bool several)
    {
        var points = Math.Abs(success.DifferencePoints);
        var more = success.DifferencePoints > 0 == several;
        return success.Says switch
        {
            Finding.Better or Finding.Worse => string.Create(CultureInfo.InvariantCulture, $"{points:0.#} points {(more ? "more" : "less")} success"),
            Finding.Same => Same(Math.Ceiling(Math.Max(Math.Abs(success.LowPoints), Math.Abs(success.HighPoints)))),
            _ => string.Create(CultureInfo.InvariantCulture, $"success not told apart ({success.LowPoints:0.#} to {success.HighPoints:0.#} points)"),
        };
    }

    private static string Same(double points) => string.Create(CultureInfo.InvariantCulture, $"same success within {points:0} {(points == 1 ? "point" : "points")}");

    // "2.3 times" from a factor of two on, below that in percent.
    private static string? Ratio(RatioComparison ratio, bool several, string less, string more, string what)
    {
        if (ratio.Ratio is not { } found) return null;
        var own = several ? found : 1 / found;
        var word = own < 1 ? less : more;
        var factor = Math.Max(own, 1 / own);
        return ratio.Says switch
        {
            Finding.Better or Finding.Worse when factor >= 2 => string.Create(CultureInfo.InvariantCulture, $"{factor:0.0} times {word}"),
            Finding.Better or Finding.Worse => string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(1 - own) * 100:0} % {word}"),
            Finding.Same => $"same {what} within 10 %",
            _ => $"{what} not told apart",
        };
    }
}
