using System.Diagnostics;
using System.Globalization;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Workloads;
using static Rosud.Supervision.SupervisedHost;

namespace Rosud.Supervision;

/// <summary>An agent that can do 40 assignments a second is offered 200: what it still does, and how soon the others are refused. G18, within the silo.</summary>
internal sealed class AgentOverload(Bench bench)
{
    private const int AtOnce = 4;
    private const double WorkMs = 100;
    private const double CapacityPerSecond = AtOnce * 1_000 / WorkMs;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);
    private int _goals;

    public async Task Measure()
    {
        await using var host = await Start("overload", Agent("busy", Working(WorkMs), AtOnce, queueLimit: 32, timeoutSeconds: 2));
        var callers = await Callers(host, "overload", 256, "busy");
        await Flight.Run(AtOnce, bench.Seconds(3, 0.5), lane => callers[lane].Run(TaskOf(Goal(), "busy"), Deadline), bench.Stopped);
        await bench.Repeat(async _ =>
        {
            var span = bench.Seconds(10, 2);
            var peak = await Flight.Run(AtOnce + 2, span, lane => callers[lane].Run(TaskOf(Goal(), "busy"), Deadline), bench.Stopped);
            var (good, refusals) = await Offered(host, callers, span);
            bench.Notes.Note("agent at 5 times its capacity: peak", "1/s", peak.PerSecond);
            bench.Notes.Note("agent at 5 times its capacity: goodput", "1/s", good / span.TotalSeconds);
            bench.Notes.Note("agent at 5 times its capacity: goodput of peak", "%", 100 * good / span.TotalSeconds / peak.PerSecond);
            bench.Notes.Note("agent at 5 times its capacity: refusal p99", "ms", refusals.PercentileMs(99));
        });
    }

    // Arrivals by the clock, whatever became of those before; beside them a look at the supervisor's door, for how soon it says no.
    private async Task<(int Good, Latencies Refusals)> Offered(LocalHost host, RunCaller[] callers, TimeSpan span)
    {
        var (good, number, began) = (0, 0, Stopwatch.GetTimestamp());
        var free = new System.Collections.Concurrent.ConcurrentQueue<RunCaller>(callers);
        var running = new List<Task>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(bench.Stopped);
        var looking = Task.Run(() => Refusals(host, over.Token));
        while (Stopwatch.GetElapsedTime(began) is var elapsed && elapsed < span)
        {
            for (; number < elapsed.TotalSeconds * 5 * CapacityPerSecond; number++)
            {
                if (free.TryDequeue(out var caller)) running.Add(Task.Run(() => One(caller)));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        var inTime = good;
        await over.CancelAsync();
        await Task.WhenAll(running);
        return (inTime, await looking);

        async Task One(RunCaller caller)
        {
            var result = await caller.Run(TaskOf(Goal(), "busy"), Deadline);
            if (result.Status is RunStatus.Completed) Interlocked.Increment(ref good);
            free.Enqueue(caller);
        }
    }

    private static async Task<Latencies> Refusals(LocalHost host, CancellationToken over)
    {
        var latencies = new Latencies();
        var agent = new AgentId(TenantId.Default, "busy");
        var door = host.Cluster.GetGrain<ISupervisorDoor>(agent.Key);
        var incarnation = 0L;
        for (var look = 0; !over.IsCancellationRequested; look++)
        {
            var request = new AdmitRequest
            {
                Assignment = new(agent, RunId.Make(new ChannelId(TenantId.Default, "looks"), string.Create(CultureInfo.InvariantCulture, $"l{Random.Shared.NextInt64()}")), "s", 1),
                Epoch = 1,
                Incarnation = incarnation,
                Goal = "look",
                Input = JsonValue.Null,
                Context = new(default, []),
                IdempotencyKey = "look",
                TimeLeft = TimeSpan.FromMilliseconds(50),
                Timeout = TimeSpan.FromMilliseconds(50),
                Priority = RunPriority.Batch,
                AcceptedAt = TimeProvider.System.GetUtcNow(),
                Network = NetworkId.DefaultName,
                BreakerThreshold = 1,
                Isolation = IsolationKind.Bulkhead,
            };
            var began = Stopwatch.GetTimestamp();
            var answer = await door.Admit(request);
            if (answer is AdmitAnswer.Refused { Problem.RetryAfter: not null }) latencies.Since(began);
            if (answer is AdmitAnswer.Queued or AdmitAnswer.Started) await door.Cancel(request.Assignment.Run, 1);
            incarnation = answer is AdmitAnswer.Bounced bounced ? bounced.Incarnation : incarnation;
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }

        return latencies;
    }

    private string Goal() => string.Create(CultureInfo.InvariantCulture, $"goal {Interlocked.Increment(ref _goals)}");
}
