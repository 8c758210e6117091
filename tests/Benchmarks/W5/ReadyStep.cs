using System.Diagnostics;
using System.Globalization;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.W5;

/// <summary>A step starts when its last key is committed, though a sibling of the writer goes on for half a second: no barrier.</summary>
internal sealed class ReadyStep(Bench bench)
{
    private static readonly TimeSpan SiblingSleeps = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private long _answered;
    private TaskCompletionSource<long> _started = new();

    public async Task Measure()
    {
        await using var host = await LocalHost.Start(HostSettings.New("w5-ready").InMemory(), services =>
        {
            MemoryStore.Add(services);
            services.AddRosudAgent("quick", new AgentSpec { Reads = ["in"], Writes = ["fact"] }, Quick)
                .AddRosudAgent("sleeper", new AgentSpec { Reads = ["in"], Writes = ["other"] }, Sleep)
                .AddRosudAgent("reader", new AgentSpec { Reads = ["fact"], Writes = ["out"] }, Read);
        });
        var times = new List<double>();
        for (var run = 0; run < bench.Choose(60, 12); run++)
        {
            var took = await Run(host, run);
            if (run >= 2) times.Add(took.TotalMilliseconds);   // The first ones make the grains.
        }

        times.Sort();
        bench.Notes.Note("ready step: p50 after the answer of its writer, while a sibling sleeps 500 ms", "ms", times[times.Count / 2]);
        bench.Notes.Note("ready step: longest", "ms", times[^1]);
    }

    private async Task<TimeSpan> Run(LocalHost host, int number)
    {
        _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var name = string.Create(CultureInfo.InvariantCulture, $"ready-{number}");
        var channel = host.Cluster.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        await channel.Create(new() { Agents = ["quick", "sleeper", "reader"] });
        await channel.Commit(new() { Writes = [ContextWrite.Set("in", 1)], Origin = new("benchmark") });
        var accepted = (CoordinateOutcome.Accepted)await channel.Coordinate(new() { Task = new() { Goal = "go" }, Timeout = Longest }, null);
        var started = await _started.Task.WaitAsync(Longest, TimeProvider.System, bench.Stopped);
        var took = Stopwatch.GetElapsedTime(Volatile.Read(ref _answered), started);
        await host.Cluster.GetGrain<IRunGrain>(accepted.Run.Key).Cancel();
        return took;
    }

    // Measured from the moment at which the agent has its answer: the commit itself is part of what is measured.
    private Task<Completion> Quick(IAgentWork work, CancellationToken stopped)
    {
        Volatile.Write(ref _answered, Stopwatch.GetTimestamp());
        return Task.FromResult(new Completion { Writes = [ContextWrite.Set("fact", 1)] });
    }

    private Task<Completion> Read(IAgentWork work, CancellationToken stopped)
    {
        _started.TrySetResult(Stopwatch.GetTimestamp());
        return Task.FromResult(new Completion { Writes = [ContextWrite.Set("out", 1)] });
    }

    private static async Task<Completion> Sleep(IAgentWork work, CancellationToken stopped)
    {
        await Task.Delay(SiblingSleeps, TimeProvider.System, stopped);
        return new Completion { Writes = [ContextWrite.Set("other", 1)] };
    }
}
