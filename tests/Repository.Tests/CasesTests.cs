using System.Globalization;
using System.Text.RegularExpressions;

namespace Rosud;

/// <summary>How many cases the properties of the context try in every run of the tests: context log, journal recovery, conflict rules, freshness.</summary>
public sealed partial class CasesTests
{
    private const int Least = 100_000;

    [Theory]
    [InlineData("Context", "ContextLogTests.cs", "ConflictRulesTests.cs", "FreshnessTests.cs", "MergeFoldTests.cs", "KeyPoliciesTests.cs")]
    [InlineData("Journal", "JournalRecoveryTests.cs", "RecordFrameTests.cs", "JournalSimulationTests.cs")]
    [InlineData("Channels", "ChannelModelTests.cs", "HistoryTests.cs")]
    public void Each_value_has_properties_of_more_than_a_few_thousand_cases(string folder, params string[] files) =>
        Assert.All(files, file => Assert.InRange(Count(path => path.EndsWith(Path.Combine("Grains.Tests", folder, file), StringComparison.Ordinal) || path.EndsWith(Path.Combine(folder, "Simulation", file), StringComparison.Ordinal)), 8_000, int.MaxValue));

    [Fact]
    public void The_properties_of_context_and_journal_try_a_hundred_thousand_cases_in_every_run() =>
        Assert.InRange(Count(path => path.Contains("ContextLogTests", StringComparison.Ordinal) || path.Contains("ConflictRulesTests", StringComparison.Ordinal) || path.Contains("FreshnessTests", StringComparison.Ordinal) || path.Contains("Journal", StringComparison.Ordinal) || path.Contains("RecordFrame", StringComparison.Ordinal)), Least, int.MaxValue);

    private static int Count(Func<string, bool> which) => Tree.Files("*.cs").Where(path => path.Contains("Grains.Tests", StringComparison.Ordinal) && which(path))
        .SelectMany(path => Written().Matches(Tree.Read(path))).Sum(match => int.Parse(match.Groups[1].Value.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));

    [GeneratedRegex(@"Cases\.Of\(([\d_]+)\)")]
    private static partial Regex Written();
}
