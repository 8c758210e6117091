using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;

namespace Rosud.Cluster;

/// <summary>Grain storage that all silos of a test share and that survives them: compare-and-swap on ETags that never come back. A test can hold writes.</summary>
public sealed class SharedStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(GrainId, string), (byte[] State, int ETag)> _records = new();
    private TaskCompletionSource? _gate;
    private Func<GrainId, bool> _isHeld = _ => true;
    private TaskCompletionSource _held = NewSignal();

    // Silos come and go; the bytes outlive them, so the serializer is no silo's.
    private readonly Serializer _serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    /// <summary>How many writes landed.</summary>
    public int Writes { get; private set; }

    /// <summary>Completes when a write waits at the gate.</summary>
    public Task Held => _held.Task;

    /// <summary>Holds every write from now on, or those of some grains.</summary>
    public void Close(Func<GrainId, bool>? which = null)
    {
        _isHeld = which ?? (_ => true);
        _held = NewSignal();
        _gate = NewSignal();
    }

    public void Open() => Interlocked.Exchange(ref _gate, null)?.SetResult();

    /// <summary>The records that have these bytes somewhere.</summary>
    public IReadOnlyList<string> Holding(ReadOnlySpan<byte> bytes)
    {
        var found = new List<string>();
        foreach (var ((grain, name), (state, _)) in _records)
        {
            if (state.AsSpan().IndexOf(bytes) >= 0) found.Add($"{grain}/{name}");
        }

        return found;
    }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (!_records.TryGetValue((grainId, stateName), out var record)) return Task.CompletedTask;
        grainState.State = _serializer.Deserialize<T>(record.State)!;
        grainState.ETag = record.ETag.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var bytes = _serializer.SerializeToArray(grainState.State);
        if (_gate is { } gate && _isHeld(grainId))
        {
            _held.TrySetResult();
            await gate.Task;
        }

        lock (_records)
        {
            var known = _records.TryGetValue((grainId, stateName), out var record);
            var there = known ? record.ETag.ToString(CultureInfo.InvariantCulture) : null;
            if (there != grainState.ETag) throw new InconsistentStateException("Another write came first.", there ?? "", grainState.ETag ?? "");
            _records[(grainId, stateName)] = (bytes, record.ETag + 1);
            grainState.ETag = (record.ETag + 1).ToString(CultureInfo.InvariantCulture);
            grainState.RecordExists = true;
            Writes++;
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.State = Activator.CreateInstance<T>();
        return WriteStateAsync(stateName, grainId, grainState);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
