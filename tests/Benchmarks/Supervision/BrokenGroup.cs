using System.Globalization;
using Rosud.Agents;
using Rosud.Measuring;
using Rosud.Runs;
using Rosud.Workloads;
using static Rosud.Supervision.SupervisedHost;

namespace Rosud.Supervision;

/// <summary>Ten of twenty agents of one capability fail; runs that ask for the capability go on. G15.</summary>
internal sealed class BrokenGroup(Bench bench)
{
    public async Task Measure()
    {
        var names = Enumerable.Range(0, 20).Select(i => string.Create(CultureInfo.InvariantCulture, $"member-{i:00}")).ToArray();
        await using var host = await Start("group", [.. names.Select((name, i) => Agent(name, i % 2 == 0 ? (_, _) => throw new AgentFailureException("Broken.") : Working(10), capability: "search"))]);
        var callers = await Callers(host, "group", 8, names);
        var (goal, completed, runs, attempts) = (0, 0, 0, 0);
        var flown = await Flight.Run(8, bench.Seconds(10, 2), async lane =>
        {
            var task = new CoordinationTask
            {
                Goal = string.Create(CultureInfo.InvariantCulture, $"goal {Interlocked.Increment(ref goal)}"),
                Outputs = ["out"],
                Steps = [new() { Id = "s", Capability = "search", Writes = ["out"] }],
            };
            var result = await callers[lane].Run(task, TimeSpan.FromSeconds(3));
            Interlocked.Increment(ref runs);
            Interlocked.Add(ref attempts, result.Attempts.Length);
            if (result.Status is RunStatus.Completed) Interlocked.Increment(ref completed);
        }, bench.Stopped);
        bench.Rosud.Add(flown.Latencies);
        bench.Notes.Note("10 of 20 of a group fail: runs completed", "%", 100.0 * completed / runs);
        bench.Notes.Note("10 of 20 of a group fail: attempts per run", "attempts", (double)attempts / runs);
    }
}
