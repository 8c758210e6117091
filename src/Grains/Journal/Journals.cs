using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Serialization;
using Orleans.Storage;

namespace Rosud.Journal;

/// <inheritdoc cref="IJournals"/>
internal sealed class Journals(IServiceProvider services, JournalLimits limits, TimeProvider time) : IJournals
{
    /// <inheritdoc/>
    public IJournal Open(GrainId grain) => new Journal(Store(grain), limits, time);

    /// <inheritdoc/>
    public IDurableValue<T> OpenValue<T>(GrainId grain)
        where T : class => new DurableValue<T>(Store(grain), services.GetRequiredService<Serializer<T>>(), time);

    private GrainRecordStore Store(GrainId grain) => new(services.GetRequiredKeyedService<IGrainStorage>(IJournals.StorageName), grain);
}

/// <summary>Puts the journals into a silo.</summary>
internal static class JournalServices
{
    /// <summary>Adds <see cref="IJournals"/> over the grain storage named <see cref="IJournals.StorageName"/>, which the host's configuration gives.</summary>
    /// <remarks>
    /// Every storage provider that was given no serializer of its own takes <see cref="RecordSerializer"/>: Orleans' default
    /// would write type names into the store.
    /// </remarks>
    public static IServiceCollection AddRosudJournals(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<JournalLimits>();
        services.TryAddSingleton<OrleansGrainStorageSerializer>();
        services.TryAddSingleton<IJournals, Journals>();
        services.AddSingleton<IGrainStorageSerializer, RecordSerializer>();
        return services;
    }
}
