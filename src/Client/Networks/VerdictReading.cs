using System.Collections.Immutable;
using Rosud.Verdicts;

namespace Rosud.Networks;

/// <summary>Asks for the verdicts of a network, one grain per task class.</summary>
internal static class VerdictReading
{
    /// <summary>The verdicts of classes with a baseline, in the order of the classes' names.</summary>
    public static async Task<ImmutableArray<Verdict>> Read(IGrainFactory grains, NetworkView network, string? after = null, int limit = int.MaxValue)
    {
        var baselines = (network.Coordination.Verdict?.Baselines ?? ImmutableDictionary<string, string>.Empty)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Where(pair => after is null || string.CompareOrdinal(pair.Key, after) > 0)
            .Take(limit);
        return [.. await Task.WhenAll(baselines.Select(pair => grains.GetGrain<IVerdictGrain>($"{network.Id.Key}/{pair.Key}").Describe(pair.Value)))];
    }
}
