using Orleans.Concurrency;

namespace Rosud.Tenants;

/// <summary>Says whether anything of a tenant's registrations and policies has changed: what was read under one edition still holds while that is the edition. Keyed by the tenant.</summary>
/// <remarks>In memory only. Editions of two activations differ, so a lost one costs its readers a reading.</remarks>
[Alias("rosud.catalog")]
internal interface ICatalogGrain : IGrainWithStringKey
{
    /// <summary>The edition now.</summary>
    [AlwaysInterleave, Alias("edition"), ResponseTimeout(Catalog.Limit)]
    Task<Edition> Edition();

    /// <summary>Something has changed, durably: the next edition. Repeating it costs readers a reading.</summary>
    [AlwaysInterleave, Alias("changed"), ResponseTimeout(Catalog.Limit)]
    Task Changed();

    /// <summary>For the dashboard.</summary>
    [ReadOnly, Alias("get-state")]
    Task<Edition> GetState();
}

/// <summary>One state of a tenant's registrations and policies.</summary>
/// <param name="Activation">Of the grain that counts.</param>
/// <param name="Number">Counts changes, from 0.</param>
[GenerateSerializer, Immutable, Alias("rosud.edition")]
internal readonly record struct Edition([property: Id(0)] string? Activation, [property: Id(1)] long Number);
