using System.Collections.Concurrent;
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

namespace Rosud.W5;

/// <summary>Runs of agents that ignore their deadline end by it all the same, and a cancel reaches an agent at work.</summary>
internal sealed class Deadlines(Bench bench)
{
    private const int Lanes = 16;
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Overruns = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<RunId, Attempt> _attempts = [];
    private int _runs;

    public async Task Measure()
    {
        await using var host = await LocalHost.Start(HostSettings.New("w5-deadlines").InMemory(), services =>
        {
            MemoryStore.Add(services);
            services.AddRosudAgent("deaf", new AgentSpec { Writes = ["out"], MaxConcurrency = 4 * Lanes }, (_, _) => Overrun())
                .AddRosudAgent("listening", new AgentSpec { Writes = ["out"], MaxConcurrency = 4 * Lanes }, Listen);
        });
        // Neither a breaker nor poison ends these runs: only their deadline does.
        await host.Cluster.GetGrain<INetworkGrain>(new NetworkId(TenantId.Default, NetworkId.DefaultName).Key).Configure(new() { Isolation = IsolationKind.None });
        await Late(host, 1);   // What is made once is made now.
        await Cancelled(host, 1);
        var (late, heard) = (await Late(host, bench.Choose(30, 3)), await Cancelled(host, bench.Choose(30, 3)));
        bench.Notes.Note("deadline: result after it p50, agents that ignore it", "ms", late.PercentileMs(50));
        bench.Notes.Note("deadline: result after it p99, agents that ignore it", "ms", late.PercentileMs(99));
        bench.Notes.Note("cancel: reaches the agent p50", "ms", heard.PercentileMs(50));
        bench.Notes.Note("cancel: reaches the agent p99", "ms", heard.PercentileMs(99));
    }

    private async Task<Latencies> Late(LocalHost host, int rounds)
    {
        var late = new Latencies();
        var lanes = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Open(host, "deaf", lane)));
        for (var round = 0; round < rounds; round++)
        {
            foreach (var took in await Task.WhenAll(lanes.Select(lane => RunOut(host, lane)))) late.Add(took - Timeout);
        }

        return late;
    }

    private async Task<Latencies> Cancelled(LocalHost host, int rounds)
    {
        var heard = new Latencies();
        var lanes = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Open(host, "listening", lane)));
        for (var round = 0; round < rounds; round++)
        {
            foreach (var took in await Task.WhenAll(lanes.Select(lane => Cancel(host, lane)))) heard.Add(took);
        }

        return heard;
    }

    private async Task<TimeSpan> RunOut(LocalHost host, IChannelGrain channel)
    {
        var wait = new RunWait();
        var self = host.Cluster.CreateObjectReference<IRunObserver>(wait);
        var asked = Stopwatch.GetTimestamp();
        var goal = string.Create(CultureInfo.InvariantCulture, $"go {Interlocked.Increment(ref _runs)}");
        if (await channel.Coordinate(new() { Task = new() { Goal = goal }, Timeout = Timeout }, self) is not CoordinateOutcome.Accepted) throw new InvalidOperationException("A run was refused.");
        var (ended, status) = await wait.Ended.WaitAsync(Longest, TimeProvider.System, bench.Stopped);
        if (status != RunStatus.DeadlineExceeded) throw new InvalidOperationException($"A run ended as {status}.");
        host.Cluster.DeleteObjectReference<IRunObserver>(self);
        return Stopwatch.GetElapsedTime(asked, ended);
    }

    private async Task<TimeSpan> Cancel(LocalHost host, IChannelGrain channel)
    {
        var accepted = (CoordinateOutcome.Accepted)await channel.Coordinate(new() { Task = new() { Goal = "go" }, Timeout = Longest }, null);
        var attempt = _attempts.GetOrAdd(accepted.Run, _ => new());
        await attempt.Started.Task.WaitAsync(Longest, TimeProvider.System, bench.Stopped);
        var asked = Stopwatch.GetTimestamp();
        await host.Cluster.GetGrain<IRunGrain>(accepted.Run.Key).Cancel();
        return Stopwatch.GetElapsedTime(asked, await attempt.Stopped.Task.WaitAsync(Longest, TimeProvider.System, bench.Stopped));
    }

    private static async Task<IChannelGrain> Open(LocalHost host, string agent, int lane)
    {
        var channel = host.Cluster.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, string.Create(CultureInfo.InvariantCulture, $"{agent}-{lane}")).Key);
        await channel.Create(new() { Agents = [agent] });
        return channel;
    }

    private static async Task<Completion> Overrun()
    {
        await Task.Delay(Overruns, TimeProvider.System);
        return new Completion { Writes = [ContextWrite.Set("out", 1)] };
    }

    private async Task<Completion> Listen(IAgentWork work, CancellationToken stopped)
    {
        var attempt = _attempts.GetOrAdd(work.Assignment.Id.Run, _ => new());
        await using var told = stopped.UnsafeRegister(attempt => ((Attempt)attempt!).Stopped.TrySetResult(Stopwatch.GetTimestamp()), attempt);
        attempt.Started.TrySetResult();
        await attempt.Stopped.Task;
        throw new OperationCanceledException(stopped);
    }

    private sealed class Attempt
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<long> Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class RunWait : IRunObserver
    {
        private readonly TaskCompletionSource<(long At, RunStatus Status)> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<(long At, RunStatus Status)> Ended => _ended.Task;

        Task IRunObserver.Ended(RunResult result)
        {
            _ended.TrySetResult((Stopwatch.GetTimestamp(), result.Status));
            return Task.CompletedTask;
        }
    }
}
