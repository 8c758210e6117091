using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>SEMANTICS R7 under loss, crashes and takeovers: what is remembered, and equal work of two steps.</summary>
public sealed class MemoSimulationTests
{
    [Fact]
    public void R7_No_schedule_of_remembered_and_equal_work_breaks_an_invariant_and_a_calm_rerun_calls_nobody()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var random = new Random(seed);
            var run = WithTwins(RunSimulationTests.RandomRun(random, guards: false), random);
            var memos = new Dictionary<ContentHash, ImmutableArray<ContextWrite>>();
            try
            {
                new RunSimulation(run, seed, faults: random.Next(9), writes: random.Next(3), memos: memos).Play();
                new RunSimulation(run, seed + 1, faults: random.Next(9), memos: memos).Play();
                new RunSimulation(run, seed + 2, faults: 0, memos: memos).Play();
                var calm = new RunSimulation(run, seed + 3, faults: 0, memos: memos).Play();
                Assert.True(calm.Log.End!.Status == RunStatus.Completed, $"Seed {seed}: {calm.Log.End.Status} {calm.Log.End.Detail}");
                Assert.True(calm.Calls.Count == 0, $"Seed {seed}: it called {string.Join(", ", calm.Calls.Select(call => call.Step))}");
            }
            catch (BrokenInvariantException broken)
            {
                Assert.Fail($"Seed {seed}: {broken.Message}");
            }
        }
    }

    // Some steps have another after them that does the same once more.
    private static AcceptedRun WithTwins(AcceptedRun run, Random random)
    {
        var steps = run.Steps.Select(step => step with { Memo = true }).ToList();
        foreach (var step in run.Steps.Where(_ => random.Next(4) == 0)) steps.Add(step with { Id = $"{step.Id}-again", After = [.. step.After, step.Id], Memo = true });
        return run with { Steps = [.. steps] };
    }
}
