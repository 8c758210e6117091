using Rosud.Channels;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Workloads;

/// <summary>Somebody with a channel of his own who has one task done at a time and waits for its end.</summary>
internal sealed class RunCaller : IRunObserver
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    private readonly IRunObserver _self;
    private TaskCompletionSource<RunResult> _end = new();
    private string _goal = "";

    private RunCaller(IGrainFactory grains, IChannelGrain channel)
    {
        Channel = channel;
        _self = grains.CreateObjectReference<IRunObserver>(this);
    }

    public IChannelGrain Channel { get; }

    /// <summary>Makes the channel.</summary>
    public static async Task<RunCaller> Open(IGrainFactory grains, string name, IEnumerable<string> agents, ContextSync? sync = null)
    {
        var channel = grains.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        var outcome = await channel.Create(new() { Agents = [.. agents], Sync = sync ?? new() });
        return outcome is ChannelOutcome.Found ? new(grains, channel) : throw new InvalidOperationException($"The channel was not made: {outcome}");
    }

    /// <summary>Has a task done; its goal is unlike the one before.</summary>
    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public async Task<RunResult> Run(CoordinationTask task, TimeSpan timeout)
    {
        _goal = task.Goal;
        _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcome = await Channel.Coordinate(new() { Task = task, Timeout = timeout }, _self);
        if (outcome is CoordinateOutcome.Refused refused) throw new InvalidOperationException($"A run was refused: {refused.Problem}");
        return await _end.Task.WaitAsync(timeout + Slack);
    }

    // May come more than once.
    Task IRunObserver.Ended(RunResult result)
    {
        if (result.Goal == _goal) _end.TrySetResult(result);
        return Task.CompletedTask;
    }
}
