using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>An attempt at work hears when what it reads is rewritten (a), and nothing when it is rewritten with the same value (d).</summary>
internal sealed class RunningAttempts(Bench bench)
{
    private const string Agent = "reader";
    private const int AtOnce = 20;
    private static readonly TimeSpan Threshold = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Lane> _lanes = new();

    public async Task Measure()
    {
        var settings = HostSettings.New("w3-running").OnSqlite(bench.NewFolder("w3-running"));
        await using var host = await LocalHost.Start(settings, services => services.AddRosudAgent(
            Agent, new AgentSpec { Reads = ["price"], Writes = ["offer"], MaxConcurrency = 128, QueueLimit = 10_000 }, Work));
        var (told, missed, late, refused) = (0, 0, 0, 0);
        var longest = TimeSpan.Zero;
        for (var round = 0; round < bench.Choose(25, 2); round++)
        {
            var names = Enumerable.Range(0, AtOnce).Select(lane => string.Create(CultureInfo.InvariantCulture, $"running-{round}-{lane}")).ToList();
            var beyond = await Task.WhenAll(names.Select(name => Rewritten(host, name)));
            missed += beyond.Count(time => time is null);
            longest = beyond.OfType<TimeSpan>().Append(longest).Max();
            told += beyond.OfType<TimeSpan>().Count();
            var equal = await Task.WhenAll(names.Select(name => RewrittenEqually(host, $"equal-{name}")));
            late += equal.Count(found => found.Told);
            refused += equal.Count(found => found.Refused);
        }

        bench.Notes.Note("(a) running attempts told", "attempts", told);
        bench.Notes.Note("(a) running attempts not told", "attempts", missed);
        bench.Notes.Note("(a) running attempts told, beyond the threshold: longest", "ms", (longest - Threshold).TotalMilliseconds);
        bench.Notes.Note("(d) equal rewrites: attempts told", "attempts", late);
        bench.Notes.Note("(d) equal rewrites: commits refused", "commits", refused);
    }

    // From the commit's answer to the attempt's token; null when it was never told.
    private async Task<TimeSpan?> Rewritten(LocalHost host, string name)
    {
        var (channel, lane) = await Begin(host, name);
        await Commit(channel, "999");
        var committed = Stopwatch.GetTimestamp();
        try
        {
            return Stopwatch.GetElapsedTime(committed, await lane.Told.Task.WaitAsync(Longest, TimeProvider.System, bench.Stopped));
        }
        catch (TimeoutException)
        {
            lane.Release.TrySetResult();
            return null;
        }
    }

    private async Task<(bool Told, bool Refused)> RewrittenEqually(LocalHost host, string name)
    {
        var (channel, lane) = await Begin(host, name);
        await Commit(channel, "100");
        await bench.Wait(2 * Threshold);
        var told = lane.Told.Task.IsCompleted;
        lane.Release.TrySetResult();
        var outcome = await channel.Commit(new()
        {
            Writes = [ContextWrite.Set("offer", 2)],
            BasedOn = new(1),
            Reads = ["price"],
            Origin = new("benchmark"),
        });
        return (told, outcome is not PatchOutcome.Applied);
    }

    private async Task<(IChannelGrain Channel, Lane Lane)> Begin(LocalHost host, string name)
    {
        var channel = host.Cluster.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        await channel.Create(new() { Agents = [Agent], Sync = new() { StalenessThreshold = Threshold } });
        await Commit(channel, "100");
        var lane = _lanes[name] = new();
        await channel.Coordinate(new() { Task = new() { Goal = name, Outputs = ["offer"] }, Timeout = Longest }, null);
        await lane.Started.Task.WaitAsync(Longest, TimeProvider.System, bench.Stopped);
        return (channel, lane);
    }

    private static async Task Commit(IChannelGrain channel, string price)
    {
        var outcome = await channel.Commit(new() { Writes = [new(new("price"), JsonValue.Parse(price))], Origin = new("benchmark") });
        if (outcome is not PatchOutcome.Applied) throw new InvalidOperationException($"A commit was answered with {outcome}.");
    }

    // The first attempt stays at work until it is told or let go; what follows is done at once.
    private async Task<Completion> Work(IAgentWork work, CancellationToken stopped)
    {
        var lane = _lanes[work.Assignment.Goal];
        if (lane.Started.TrySetResult())
        {
            await using var told = stopped.Register(() => lane.Told.TrySetResult(Stopwatch.GetTimestamp()));
            await lane.Release.Task.WaitAsync(stopped);
        }

        return new Completion { Writes = [ContextWrite.Set("offer", 1)] };
    }

    private sealed class Lane
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<long> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
