using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Networks;

namespace Rosud.Runs;

/// <summary>What a run has used of its budget. An attempt reserves the most that its agent has used in this run, or all that is left when nothing is known of it.</summary>
internal sealed class RunBudget(Budget? limit, ImmutableArray<Price> prices)
{
    private readonly Dictionary<(string Step, int Attempt), (long Tokens, decimal CostUsd)> _reserved = [];
    private readonly Dictionary<string, (long Tokens, decimal CostUsd)> _largest = new(StringComparer.Ordinal);
    private (long Tokens, decimal CostUsd) _spent;

    public int Calls { get; private set; }

    public long Tokens => _spent.Tokens;

    public decimal CostUsd => _spent.CostUsd;

    /// <summary>Whether no attempt may start any more, whatever those at work use.</summary>
    public bool IsSpent => limit is not null && (Calls >= limit.Calls || _spent.Tokens >= limit.Tokens || _spent.CostUsd >= limit.CostUsd);

    /// <summary>Reserves for one attempt. False when that could pass the budget.</summary>
    public bool TryReserve(string agent, string step, int attempt)
    {
        if (limit is not null)
        {
            var (tokens, cost) = (_spent.Tokens + _reserved.Values.Sum(r => r.Tokens), _spent.CostUsd + _reserved.Values.Sum(r => r.CostUsd));
            if (Calls >= limit.Calls || tokens >= limit.Tokens || cost >= limit.CostUsd) return false;
            var known = _largest.TryGetValue(agent, out var largest);
            _reserved[(step, attempt)] = known ? largest : (limit.Tokens - tokens ?? 0, limit.CostUsd - cost ?? 0);
        }

        Calls++;
        return true;
    }

    /// <summary>The attempt was never handed out.</summary>
    public void Release(string step, int attempt)
    {
        if (_reserved.Remove((step, attempt)) || limit is null) Calls--;
    }

    /// <summary>An attempt of an earlier driver.</summary>
    public void Count() => Calls++;

    /// <summary>The attempt used this.</summary>
    public void Settle(string agent, string step, int attempt, Usage usage)
    {
        _reserved.Remove((step, attempt));
        var used = (Tokens: usage.InputTokens + usage.OutputTokens, CostUsd: CostOf(agent, usage));
        _spent = (_spent.Tokens + used.Tokens, _spent.CostUsd + used.CostUsd);
        var known = _largest.GetValueOrDefault(agent);
        _largest[agent] = (Math.Max(known.Tokens, used.Tokens), Math.Max(known.CostUsd, used.CostUsd));
    }

    private decimal CostOf(string agent, Usage usage)
    {
        if (usage.CostUsd is { } cost) return cost;
        var price = prices.IsDefault ? null : prices.FirstOrDefault(price => price.Name == agent);
        return price is null ? 0 : ((usage.InputTokens * price.InputUsdPerMillion) + (usage.OutputTokens * price.OutputUsdPerMillion)) / 1_000_000m;
    }
}
