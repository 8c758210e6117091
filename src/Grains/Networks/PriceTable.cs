using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Networks;

/// <summary>What usage costs by a network's prices.</summary>
internal static class PriceTable
{
    /// <summary>The cost that the agent reported, else by the price of its model, else by its own; 0 when nothing says.</summary>
    public static decimal CostOf(ImmutableArray<Price> prices, string agent, Usage usage)
    {
        if (usage.CostUsd is { } cost) return cost;
        if (prices.IsDefaultOrEmpty) return 0;
        var price = (usage.Model is { } model ? prices.FirstOrDefault(price => price.Name == model) : null) ?? prices.FirstOrDefault(price => price.Name == agent);
        return price is null ? 0 : ((usage.InputTokens * price.InputUsdPerMillion) + (usage.OutputTokens * price.OutputUsdPerMillion)) / 1_000_000m;
    }
}
