using Orleans.Placement;

namespace Rosud.Tenants;

/// <inheritdoc cref="ICatalogGrain"/>
[GrainType("rosud.catalog"), HashBasedPlacement]
internal sealed class CatalogGrain(IGrainContext context) : Grain, ICatalogGrain
{
    private Edition _edition = new(context.ActivationId.ToString(), 0);

    public Task<Edition> Edition() => Task.FromResult(_edition);

    public Task Changed()
    {
        _edition = _edition with { Number = _edition.Number + 1 };
        return Task.CompletedTask;
    }

    public Task<Edition> GetState() => Edition();
}
