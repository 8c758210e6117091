using System.Collections.Concurrent;
using System.Globalization;
using Rosud.Agents;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Runs;
using Rosud.Workloads;
using static Rosud.Supervision.SupervisedHost;

namespace Rosud.Supervision;

/// <summary>Twenty agents with callers of their own; one of them stops answering. G14.</summary>
internal sealed class HangingAgent(Bench bench)
{
    private const int Agents = 20;
    private const int CallersOfHanging = 8;
    private const double WorkMs = 40;

    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentBag<DateTimeOffset> _begun = [];
    private readonly ConcurrentBag<DateTimeOffset> _stopped = [];
    private bool _hangs;
    private int _errors;
    private int _goals;

    public async Task Measure()
    {
        var names = Enumerable.Range(0, Agents).Select(i => string.Create(CultureInfo.InvariantCulture, $"agent-{i}")).ToArray();
        await using var host = await Start("hang", [.. names.Select((name, i) => Agent(name, i == 0 ? Hanging : Working(WorkMs)))]);
        var others = new RunCaller[Agents - 1];
        for (var i = 1; i < Agents; i++) others[i - 1] = (await Callers(host, $"hang-{i}", 1, names[i]))[0];
        var hanging = await Callers(host, "hang-0", CallersOfHanging, names[0]);
        await Warm(bench, others, lane => TaskOf(Goal(), names[lane + 1]));
        await bench.Repeat(async _ =>
        {
            _hangs = false;
            var healthy = await Others(others, names, hanging);
            _hangs = true;
            _begun.Clear();
            _stopped.Clear();
            var beside = await Others(others, names, hanging);
            bench.Notes.Note("1 of 20 hangs: others' p99 before", "ms", healthy.PercentileMs(99));
            bench.Notes.Note("1 of 20 hangs: others' p99 then", "ms", beside.PercentileMs(99));
            bench.Notes.Note("1 of 20 hangs: others' p99", "×", beside.PercentileMs(99) / healthy.PercentileMs(99));
            await Breaker(host, names[0]);
            await Supervisor(host, names[0]).Reset();
        });
        bench.Notes.Note("1 of 20 hangs: others' errors", "runs", _errors);
    }

    private async Task<Latencies> Others(RunCaller[] others, string[] names, RunCaller[] hanging)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(bench.Stopped);
        var beside = hanging.Select((caller, i) => Task.Run(() => Until(caller, names[0], Apart * i, over.Token))).ToArray();
        var flown = await Flight.Run(others.Length, bench.Seconds(8, 1.5), async lane =>
        {
            var result = await others[lane].Run(TaskOf(Goal(), names[lane + 1]), TimeSpan.FromSeconds(3));
            if (result.Status != RunStatus.Completed) Interlocked.Increment(ref _errors);
        }, bench.Stopped);
        await over.CancelAsync();
        await Task.WhenAll(beside);
        bench.Rosud.Add(flown.Latencies);
        return flown.Latencies;
    }

    private async Task Until(RunCaller caller, string agent, TimeSpan after, CancellationToken over)
    {
        await Task.Delay(after, TimeProvider.System, CancellationToken.None);   // So that their timeouts come one after the other.
        while (!over.IsCancellationRequested)
        {
            await caller.Run(TaskOf(Goal(), agent), TimeSpan.FromSeconds(3));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    // What had timed out when the breaker opened is what opened it; what was called after that were probes.
    private async Task Breaker(LocalHost host, string agent)
    {
        var view = await Supervisor(host, agent).Describe(null);
        var opened = view.Transitions.LastOrDefault(moved => moved is { From: BreakerStateKind.Closed, To: BreakerStateKind.Open });
        if (opened is null) throw new InvalidOperationException("The breaker has not opened.");
        var periods = view.Transitions.Count(moved => moved.To is BreakerStateKind.HalfOpen && moved.At > opened.At);
        bench.Notes.Note("1 of 20 hangs: timeouts until its breaker opened", "timeouts", _stopped.Count(at => at <= opened.At));
        bench.Notes.Note("1 of 20 hangs: calls per open period", "calls", _begun.Count(at => at > opened.At) / Math.Max(1.0, periods));
    }

    private string Goal() => string.Create(CultureInfo.InvariantCulture, $"goal {Interlocked.Increment(ref _goals)}");

    private async Task<Completion> Hanging(IAgentWork work, CancellationToken stopped)
    {
        if (_hangs)
        {
            _begun.Add(TimeProvider.System.GetUtcNow());
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopped);
            }
            catch (OperationCanceledException)
            {
                _stopped.Add(TimeProvider.System.GetUtcNow());
                throw;
            }
        }

        return await Working(WorkMs)(work, stopped);
    }
}
