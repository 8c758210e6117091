using Rosud.Channels;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.W5;

/// <summary>Somebody with a channel of his own who runs the pipeline, again and again, and waits for each end.</summary>
internal sealed class PipelineCaller : IRunObserver
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly IChannelGrain _channel;
    private readonly IRunObserver _self;
    private TaskCompletionSource<RunResult> _end = new();
    private string _goal = "";
    private int _runs;

    private PipelineCaller(IGrainFactory grains, IChannelGrain channel)
    {
        _channel = channel;
        _self = grains.CreateObjectReference<IRunObserver>(this);
    }

    /// <summary>Makes the channel.</summary>
    public static async Task<PipelineCaller> Open(IGrainFactory grains, string name)
    {
        var channel = grains.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        var outcome = await channel.Create(new() { Agents = PipelineAgents.Names("") });
        return outcome is ChannelOutcome.Found ? new(grains, channel) : throw new InvalidOperationException($"The channel was not made: {outcome}");
    }

    /// <summary>As many callers as there are to be in flight.</summary>
    public static Task<PipelineCaller[]> Open(IGrainFactory grains, string prefix, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(lane => Open(grains, $"{prefix}-{lane}")));

    /// <summary>Runs the pipeline once.</summary>
    /// <exception cref="InvalidOperationException">The run was refused.</exception>
    public async Task<RunResult> Run()
    {
        _goal = $"run {++_runs}";
        _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcome = await _channel.Coordinate(new() { Task = PipelineAgents.TaskOf(_goal, ""), Timeout = Longest }, _self);
        if (outcome is CoordinateOutcome.Refused refused) throw new InvalidOperationException($"A run was refused: {refused.Problem}");
        return await _end.Task.WaitAsync(Longest);
    }

    // May come more than once.
    Task IRunObserver.Ended(RunResult result)
    {
        if (result.Goal == _goal) _end.TrySetResult(result);
        return Task.CompletedTask;
    }
}
