using System.Diagnostics;
using System.Globalization;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>A channel with one run after another, each with an attempt at work while the price that it reads is rewritten.</summary>
internal sealed class RunLane
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly Bench _bench;
    private readonly IGrainFactory _grains;
    private readonly WaitingAgent _agent;
    private readonly IChannelGrain _channel;
    private readonly string _name;
    private readonly Random _random;
    private int _round;
    private int _price;

    private RunLane(Bench bench, IGrainFactory grains, WaitingAgent agent, IChannelGrain channel, string name, Random random) =>
        (_bench, _grains, _agent, _channel, _name, _random) = (bench, grains, agent, channel, name, random);

    public static async Task<RunLane> Open(Bench bench, IGrainFactory grains, WaitingAgent agent, string name, ContextSync sync, Random random)
    {
        var channel = grains.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        if (await channel.Create(new() { Agents = [WaitingAgent.Name], Sync = sync }) is not ChannelOutcome.Found) throw new InvalidOperationException($"The channel {name} was not made.");
        return new(bench, grains, agent, channel, name, random);
    }

    /// <summary>Rewrites what an attempt at work has read.</summary>
    /// <returns>From the commit's answer until the attempt was told; null when it was not told.</returns>
    public async Task<TimeSpan?> Rewrite()
    {
        var (visit, ended) = await Begin();
        await Commit(_price += _random.Next(1, 1_000));
        var committed = Stopwatch.GetTimestamp();
        try
        {
            return Stopwatch.GetElapsedTime(committed, await visit.Told.Task.WaitAsync(Longest, TimeProvider.System, _bench.Stopped));
        }
        catch (TimeoutException)
        {
            visit.Release.TrySetResult();
            return null;
        }
        finally
        {
            await ended;
        }
    }

    /// <summary>Writes the price that is there again, and waits to see whether anybody minds.</summary>
    public async Task<(bool Told, int Events, bool Refused)> RewriteEqually(TimeSpan wait)
    {
        var (visit, ended) = await Begin();
        var before = await _channel.Describe() is ChannelOutcome.Found { Channel.Version: var version } ? version : throw new InvalidOperationException("The channel is not there.");
        await Commit(_price);
        await _bench.Wait(wait);
        var told = visit.Told.Task.IsCompleted;
        var patch = new ContextPatch { Writes = [ContextWrite.Set("note", _round)], BasedOn = before, Reads = ["price"], Origin = new("benchmark") };
        var refused = await _channel.Commit(patch) is not PatchOutcome.Applied;
        visit.Release.TrySetResult();
        var result = await ended;
        return (told, result.StaleContextEvents.Values.Sum(), refused || result.Status != RunStatus.Completed || result.Attempts.Length != 1);
    }

    private async Task<(WaitingAgent.Visit Visit, Task<RunResult> Ended)> Begin()
    {
        await Commit(_price += _random.Next(1, 1_000));
        var goal = string.Create(CultureInfo.InvariantCulture, $"{_name}-{_round++}");
        var visit = _agent.Expect(goal);
        var end = new End();
        var observer = _grains.CreateObjectReference<IRunObserver>(end);
        var request = new CoordinateRequest { Task = new() { Goal = goal, Outputs = ["offer"] }, Timeout = Longest };
        if (await _channel.Coordinate(request, observer) is not CoordinateOutcome.Accepted) throw new InvalidOperationException("The run was not accepted.");
        await visit.Started.Task.WaitAsync(Longest, TimeProvider.System, _bench.Stopped);
        return (visit, Ended(end, observer));
    }

    private async Task<RunResult> Ended(End end, IRunObserver observer)
    {
        var result = await end.Result.Task.WaitAsync(2 * Longest, TimeProvider.System, _bench.Stopped);
        _grains.DeleteObjectReference<IRunObserver>(observer);
        GC.KeepAlive(end);   // The reference alone would not.
        return result;
    }

    private async Task Commit(int price)
    {
        var patch = new ContextPatch { Writes = [ContextWrite.Set("price", price)], Origin = new("benchmark") };
        if (await _channel.Commit(patch) is not PatchOutcome.Applied and var outcome) throw new InvalidOperationException($"A commit was answered with {outcome}.");
    }

    private sealed class End : IRunObserver
    {
        public TaskCompletionSource<RunResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended(RunResult result)
        {
            Result.TrySetResult(result);
            return Task.CompletedTask;
        }
    }
}
