using Rosud.Mutants;
using Rosud.Simulation;

namespace Rosud.Histories;

public sealed class ChannelSimulationTests
{
    private static readonly int Schedules = Cases.Of(1_000);

    // The rarest mutant needs far fewer.
    private const int MutantSchedulesMax = 4_000;

    [Fact]
    public void No_schedule_breaks_a_promise()
    {
        var (accepted, stale, unknown, reads, joined) = (0, 0, 0, 0, 0);
        for (var seed = 0; seed < Schedules; seed++)
        {
            var history = ChannelSimulation.Run(seed);
            var violations = HistoryChecker.Check(history);
            Assert.True(violations.IsEmpty, $"Seed {seed}: {string.Join(" ", violations)}");
            accepted += history.Writes.Count(write => write.Told == Told.Accepted);
            stale += history.Writes.Count(write => write.Told == Told.Stale);
            unknown += history.Writes.Count(write => write.Told == Told.Unknown);
            reads += history.Reads.Length;
            joined += history.Runs.Length - history.Runs.DistinctBy(run => run.Run).Count();
        }

        Assert.True(accepted > Schedules && stale > Schedules / 4 && unknown > Schedules / 100 && reads > Schedules && joined > Schedules, $"{accepted} accepted, {stale} stale, {unknown} unknown, {reads} reads, {joined} joined.");
    }

    [Theory]
    [InlineData(Mutant.NoValidation, Broken.AcceptedStale)]
    [InlineData(Mutant.EarlyAnswer, Broken.Lost)]
    [InlineData(Mutant.DroppedEvent, Broken.Skipped)]
    [InlineData(Mutant.NoOperationId, Broken.Repeated)]
    [InlineData(Mutant.UnconfirmedReads, Broken.StaleRead)]
    [InlineData(Mutant.NoCompare, Broken.Lost)]
    [InlineData(Mutant.VolatileTaskIds, Broken.RunTwice)]
    public void A_broken_platform_is_found(string mutant, object kind)
    {
        for (var seed = 0; seed < MutantSchedulesMax; seed++)
        {
            if (Found(seed, mutant, (Broken)kind)) return;
        }

        Assert.Fail($"{MutantSchedulesMax} schedules of {mutant} showed no {kind}.");
    }

    // A platform that is broken may also come to no end at all.
    private static bool Found(int seed, string mutant, Broken kind)
    {
        try
        {
            return HistoryChecker.Check(ChannelSimulation.Run(seed, mutant)).Any(violation => violation.Kind == kind);
        }
        catch (Exception fault) when (fault is InvalidOperationException or InvalidDataException or ArgumentException)
        {
            return false;
        }
    }
}
