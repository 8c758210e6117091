using Orleans.Storage;

namespace Rosud.Fencing;

/// <summary>Storage as a process sees it that may stand still: what it asked for just before happens only when it wakes.</summary>
internal sealed class PausableStorage(IGrainStorage inner) : IGrainStorage
{
    private TaskCompletionSource? _gate;
    private TaskCompletionSource? _answers;
    private TaskCompletionSource _held = NewSignal();

    /// <summary>Breaks it: every write lands, whatever it overwrites.</summary>
    public bool Overwrites { get; set; }

    /// <summary>Completes when a write waits, or an answer.</summary>
    public Task Held => _held.Task;

    public void Pause()
    {
        _held = NewSignal();
        _gate = NewSignal();
    }

    /// <summary>What is asked happens, and its answer waits.</summary>
    public void PauseAnswers()
    {
        _held = NewSignal();
        _answers = NewSignal();
    }

    public void Wake()
    {
        Interlocked.Exchange(ref _gate, null)?.SetResult();
        Interlocked.Exchange(ref _answers, null)?.SetResult();
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_gate is { } gate) await gate.Task;
        await inner.ReadStateAsync(stateName, grainId, grainState);
        await Answered();
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
        await Answered();
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);

    private async Task Answered()
    {
        if (_answers is not { } answers) return;
        _held.TrySetResult();
        await answers.Task;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
