using Orleans.Storage;
using Rosud.Journal;

namespace Rosud.W4;

/// <summary>A host's store that for a while fails every write, or does not answer.</summary>
internal sealed class HarmedStore(IGrainStorage inner) : IGrainStorage
{
    private int _failing;
    private TaskCompletionSource? _frozen;

    /// <summary>Puts itself before the store that the host's settings chose.</summary>
    public static void Wrap(IServiceCollection services, Action<HarmedStore> made)
    {
        var chosen = services.Last(service => service.ServiceType == typeof(IGrainStorage) && service.IsKeyedService && Equals(service.ServiceKey, IJournals.StorageName));
        services.AddKeyedSingleton<IGrainStorage>(IJournals.StorageName, (host, key) =>
        {
            var store = new HarmedStore((IGrainStorage)chosen.KeyedImplementationFactory!(host, key));
            made(store);
            return store;
        });
    }

    /// <summary>Fails every write until then. Returns when it works again.</summary>
    public async Task Fail(TimeSpan span)
    {
        Interlocked.Increment(ref _failing);
        await Task.Delay(span, TimeProvider.System);
        Interlocked.Decrement(ref _failing);
    }

    /// <summary>Answers nothing until then.</summary>
    public async Task Freeze(TimeSpan span)
    {
        var frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _frozen, frozen, null) is not null) return;   // It is frozen already.
        await Task.Delay(span, TimeProvider.System);
        _frozen = null;
        frozen.SetResult();
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Thawed();
        await inner.ReadStateAsync(stateName, grainId, grainState);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Thawed();
        if (Volatile.Read(ref _failing) > 0) throw new IOException("The disk does not answer.");
        await inner.WriteStateAsync(stateName, grainId, grainState);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);

    private Task Thawed() => _frozen?.Task ?? Task.CompletedTask;
}
