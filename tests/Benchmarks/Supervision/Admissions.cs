using System.Diagnostics;
using System.Globalization;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Measuring;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.Supervision;

/// <summary>What one admission takes in one silo, the call to the supervisor's grain included.</summary>
internal sealed class Admissions(Bench bench)
{
    private static readonly AgentId Agent = new(TenantId.Default, "pulled");

    public async Task Measure()
    {
        await using var host = await SupervisedHost.Start("admit");
        var registered = await host.Cluster.GetGrain<IAgentGrain>(Agent.Key).Register(new() { Writes = ["out"], QueueLimit = 1_000 });
        if (registered is not AgentOutcome.Found) throw new InvalidOperationException($"The agent was not registered: {registered}");
        var door = host.Cluster.GetGrain<ISupervisorDoor>(Agent.Key);
        var incarnation = ((AdmitAnswer.Bounced)await door.Admit(Request("warm", 0))).Incarnation;
        await Some(door, incarnation, "warm", bench.Choose(30_000, 3_000));
        await bench.Repeat(async repetition =>
        {
            var (admitted, refused) = await Some(door, incarnation, string.Create(CultureInfo.InvariantCulture, $"r{repetition}"), bench.Choose(20_000, 2_000));
            bench.Notes.Note("admission: p50", "µs", admitted.PercentileMs(50) * 1_000);
            bench.Notes.Note("admission: p99", "µs", admitted.PercentileMs(99) * 1_000);
            bench.Notes.Note("admission: refused, p50", "µs", refused.PercentileMs(50) * 1_000);
        });
    }

    // The queue is filled to its limit and beyond, then emptied: as many admissions as places, as many refusals.
    private static async Task<(Latencies Admitted, Latencies Refused)> Some(ISupervisorDoor door, long incarnation, string name, int count)
    {
        var (admitted, refused, open) = (new Latencies(), new Latencies(), new List<RunId>());
        for (var call = 0; call < count; call++)
        {
            var request = Request(string.Create(CultureInfo.InvariantCulture, $"{name}x{call}"), incarnation);
            var began = Stopwatch.GetTimestamp();
            var answer = await door.Admit(request);
            (answer is AdmitAnswer.Queued ? admitted : refused).Since(began);
            if (answer is AdmitAnswer.Queued) open.Add(request.Assignment.Run);
            if (call % 2_000 != 1_999) continue;
            foreach (var run in open) await door.Cancel(run, 1);
            open.Clear();
        }

        foreach (var run in open) await door.Cancel(run, 1);
        return (admitted, refused);
    }

    private static AdmitRequest Request(string run, long incarnation) => new()
    {
        Assignment = new(Agent, RunId.Make(new ChannelId(TenantId.Default, "admissions"), run), "step", 1),
        Epoch = 1,
        Incarnation = incarnation,
        Goal = "Do it.",
        Input = JsonValue.Null,
        Context = new(new(3), []),
        IdempotencyKey = run,
        TimeLeft = TimeSpan.FromSeconds(60),
        Timeout = TimeSpan.FromSeconds(30),
        Priority = RunPriority.Interactive,
        AcceptedAt = TimeProvider.System.GetUtcNow(),
        Network = NetworkId.DefaultName,
        BreakerThreshold = 0.3,
        Isolation = IsolationKind.Bulkhead,
    };
}
