namespace Rosud.Journal;

public sealed class JournalSimulationTests
{
    private static readonly int Schedules = Cases.Of(10_000);

    // The rarest mutant needs about 1,300.
    private const int MutantSchedulesMax = 20_000;

    [Fact]
    public void No_schedule_breaks_an_invariant()
    {
        for (var seed = 0; seed < Schedules; seed++)
        {
            var broken = JournalSimulation.Run(seed);
            Assert.True(broken is null, $"Seed {seed}: {broken}");
        }
    }

    [Theory]
    [InlineData("Seal")]
    [InlineData("SealCompares")]
    [InlineData("SealLooksAgain")]
    [InlineData("RaiseEpoch")]
    [InlineData("ReuseAfterFold")]
    [InlineData("OneSlotFree")]
    [InlineData("LookAfterUnknown")]
    [InlineData("UnknownIsNotSuccess")]
    [InlineData("UnknownIsNotFailure")]
    [InlineData("CellsBeforeHead")]
    [InlineData("Shadow")]
    [InlineData("LookAtSpareCells")]
    [InlineData("LookAtSlots")]
    [InlineData("ResolveHead")]
    [InlineData("DropBehindBase")]
    [InlineData("Confirm")]
    public void Without_this_rule_an_invariant_breaks(string rule)
    {
        var rules = JournalRules.All & ~Enum.Parse<JournalRules>(rule);
        var seed = 0;
        while (seed < MutantSchedulesMax && JournalSimulation.Run(seed, rules) is null) seed++;
        Assert.True(seed < MutantSchedulesMax, $"{MutantSchedulesMax} schedules without {rule} broke nothing.");
    }
}
