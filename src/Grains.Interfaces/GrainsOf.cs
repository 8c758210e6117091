using System.Diagnostics.CodeAnalysis;

namespace Rosud;

/// <summary>
/// References to the grains of one interface. Orleans reads the attributes of an interface for every reference it is asked for, which costs more than
/// a short call; here they are read once.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
internal sealed class GrainsOf<T>(IGrainFactory factory)
    where T : class, IGrainWithStringKey
{
    private Kind? _kind;

    /// <summary>The grain with this key.</summary>
    public T this[string key] => _kind is { } kind ? (T)factory.GetGrain(GrainId.Create(kind.Grain, key), kind.Interface) : First(key);

    private T First(string key)
    {
        var grain = factory.GetGrain<T>(key);
        if (grain is GrainReference reference) _kind = new(reference.GrainId.Type, reference.InterfaceType);
        return grain;
    }

    private sealed record Kind(GrainType Grain, GrainInterfaceType Interface);
}
