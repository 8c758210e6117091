using Orleans.Storage;
using Rosud.Journal;

namespace Rosud.W4;

/// <summary>Whether the stores of a host take writes.</summary>
internal sealed class HarmedStores
{
    private int _failing;

    public bool IsFailing => Volatile.Read(ref _failing) > 0;

    /// <summary>Fails every write until then. Returns when it works again.</summary>
    public async Task Fail(TimeSpan span)
    {
        Interlocked.Increment(ref _failing);
        await Task.Delay(span, TimeProvider.System);
        Interlocked.Decrement(ref _failing);
    }
}

/// <summary>A host's store that for a while fails every write.</summary>
internal sealed class HarmedStore(IGrainStorage inner, HarmedStores stores) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Puts itself before the store that the host's settings chose.</summary>
    public static void Wrap(IServiceCollection services)
    {
        var chosen = services.Last(service => service.ServiceType == typeof(IGrainStorage) && service.IsKeyedService && Equals(service.ServiceKey, IJournals.StorageName));
        services.AddSingleton<HarmedStores>();
        services.AddKeyedSingleton<IGrainStorage>(
            IJournals.StorageName, (host, key) => new HarmedStore((IGrainStorage)chosen.KeyedImplementationFactory!(host, key), host.GetRequiredService<HarmedStores>()));
    }

    /// <summary>The store behind it may have to be opened.</summary>
    public void Participate(ISiloLifecycle observer) => (inner as ILifecycleParticipant<ISiloLifecycle>)?.Participate(observer);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        stores.IsFailing ? throw new IOException("The disk does not answer.") : inner.WriteStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);
}
