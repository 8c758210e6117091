using Orleans.Placement;

namespace Rosud.Tenants;

/// <inheritdoc cref="ICatalogGrain"/>
[GrainType("rosud.catalog"), HashBasedPlacement]
internal sealed class CatalogGrain : Grain, ICatalogGrain
{
    private Edition _edition = new(Guid.NewGuid(), 0);

    public Task<Edition> Edition() => Task.FromResult(_edition);

    public Task Changed()
    {
        _edition = _edition with { Number = _edition.Number + 1 };
        return Task.CompletedTask;
    }

    public Task<Edition> GetState() => Edition();
}
