using Orleans.Storage;

namespace Rosud.Fencing;

/// <summary>Storage as a process sees it that may stand still: what it asked for just before happens only when it wakes.</summary>
internal sealed class PausableStorage(IGrainStorage inner) : IGrainStorage
{
    private TaskCompletionSource? _gate;
    private TaskCompletionSource _held = NewSignal();

    /// <summary>Breaks it: every write lands, whatever it overwrites.</summary>
    public bool Overwrites { get; set; }

    /// <summary>Completes when a write waits.</summary>
    public Task Held => _held.Task;

    public void Pause()
    {
        _held = NewSignal();
        _gate = NewSignal();
    }

    public void Wake() => Interlocked.Exchange(ref _gate, null)?.SetResult();

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_gate is { } gate) await gate.Task;
        await inner.ReadStateAsync(stateName, grainId, grainState);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_gate is { } gate)
        {
            _held.TrySetResult();
            await gate.Task;
        }

        if (Overwrites)
        {
            var there = new GrainState<T>();
            await inner.ReadStateAsync(stateName, grainId, there);
            grainState.ETag = there.ETag;
        }

        await inner.WriteStateAsync(stateName, grainId, grainState);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
