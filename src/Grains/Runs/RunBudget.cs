using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>What a run has used of its budget. An attempt reserves what its agent declares as the most, else what 95 of 100 of its answers stay within, or all that is left when none was seen.</summary>
internal sealed class RunBudget(Budget? limit, ImmutableArray<Price> prices, TenantId tenant, AgentUses uses, ImmutableArray<AgentMaximum> maxima = default)
{
    private readonly Dictionary<(string Step, int Attempt), (long Tokens, decimal CostUsd, bool IsAll)> _reserved = [];
    private readonly Dictionary<string, Budget> _children = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Tokens, decimal CostUsd)> _byAgent = new(StringComparer.Ordinal);
    private (long Tokens, decimal CostUsd) _spent;
    private int _childCalls;

    public int Calls { get; private set; }

    /// <summary>What is left for a run that a step starts: what neither was used nor is promised to others like it. Null without a budget.</summary>
    public Budget? Left => limit is null ? null : new(
        limit.Tokens - _spent.Tokens - _children.Values.Sum(child => child.Tokens ?? 0),
        limit.CostUsd - _spent.CostUsd - _children.Values.Sum(child => child.CostUsd ?? 0),
        limit.Calls - Calls - _childCalls - _children.Values.Sum(child => child.Calls ?? 0));

    public long Tokens => _spent.Tokens;

    public decimal CostUsd => _spent.CostUsd;

    /// <summary>The same by agent, without the runs that steps started.</summary>
    public IReadOnlyDictionary<string, (long Tokens, decimal CostUsd)> ByAgent => _byAgent;

    /// <summary>Whether no attempt may start any more, whatever those at work use.</summary>
    public bool IsSpent => limit is not null && (Calls + _childCalls >= limit.Calls || _spent.Tokens >= limit.Tokens || _spent.CostUsd >= limit.CostUsd);

    /// <summary>Reserves for one attempt. False when it does not fit: so what is spent passes the budget by no more than what the calls in flight use beyond what they reserved.</summary>
    public bool TryReserve(string agent, string step, int attempt)
    {
        if (limit is not null)
        {
            var (tokens, cost) = (
                _spent.Tokens + _reserved.Values.Sum(r => r.Tokens) + _children.Values.Sum(child => child.Tokens ?? 0),
                _spent.CostUsd + _reserved.Values.Sum(r => r.CostUsd) + _children.Values.Sum(child => child.CostUsd ?? 0));
            if (Calls + _childCalls + _children.Values.Sum(child => child.Calls ?? 0) >= limit.Calls || tokens >= limit.Tokens || cost >= limit.CostUsd) return false;
            var own = Likely(agent, limit.Tokens - tokens, limit.CostUsd - cost);
            if (tokens + own.Tokens > limit.Tokens || cost + own.CostUsd > limit.CostUsd) return false;
            _reserved[(step, attempt)] = own;
        }

        Calls++;
        return true;
    }

    /// <summary>Reserves for an attempt that an earlier driver has started: it is at work, whether it fits or not.</summary>
    public void Adopt(string agent, string step, int attempt)
    {
        if (TryReserve(agent, step, attempt)) return;
        _reserved[(step, attempt)] = Likely(agent, 0, 0);
        Calls++;
    }

    private (long Tokens, decimal CostUsd, bool IsAll) Likely(string agent, long? tokensLeft, decimal? costLeft)
    {
        var (most, seen) = (Declared(agent), uses.P95(new(tenant, agent)));
        return (most?.Tokens ?? seen?.Tokens ?? tokensLeft ?? 0, most?.CostUsd ?? seen?.CostUsd ?? costLeft ?? 0, IsAll: most is null && seen is null);
    }

    /// <summary>Promises a part to a run that a step starts. False when there is less than that.</summary>
    public bool TryPromise(string child, Budget? part)
    {
        if (Left is not { } left || _children.ContainsKey(child)) return true;
        var wanted = part ?? left;
        if (wanted.Tokens > left.Tokens || wanted.CostUsd > left.CostUsd || wanted.Calls > left.Calls) return false;
        _children[child] = wanted;
        return true;
    }

    /// <summary>The run that a part was promised to was never accepted, or has ended.</summary>
    public void TakeBack(string child) => _children.Remove(child);

    /// <summary>A run that a step started has ended and used this.</summary>
    public void Settle(string child, ChildUsage used)
    {
        _children.Remove(child);
        _spent = (_spent.Tokens + used.Tokens, _spent.CostUsd + used.CostUsd);
        _childCalls += used.Calls;
    }

    /// <summary>All calls, with those of runs that steps started.</summary>
    public int AllCalls => Calls + _childCalls;

    /// <summary>The attempt was never handed out.</summary>
    public void Release(string step, int attempt)
    {
        if (_reserved.Remove((step, attempt)) || limit is null) Calls--;
    }

    /// <summary>The attempt ended without saying what it used: what it had reserved stays used, unless that was only all there was because nothing was known of its agent.</summary>
    public void Abandon(string step, int attempt)
    {
        if (_reserved.GetValueOrDefault((step, attempt)).IsAll) _reserved.Remove((step, attempt));
    }

    /// <summary>What the attempt holds reserved: after it was settled or given back nothing.</summary>
    public ReservedUsage Reserved(string step, int attempt) => _reserved.TryGetValue((step, attempt), out var reserved) ? new(reserved.Tokens, reserved.CostUsd) : default;

    /// <summary>What attempts of an earlier driver had reserved, and nobody says what they used.</summary>
    public void Keep(string step, ReservedUsage unsaid)
    {
        if (unsaid != default) _reserved[(step, 0)] = (unsaid.Tokens, unsaid.CostUsd, IsAll: false);
    }

    private MaxUsage? Declared(string agent) => maxima.IsDefaultOrEmpty ? null : maxima.FirstOrDefault(known => known.Agent == agent)?.Most;

    /// <summary>An attempt of an earlier driver.</summary>
    public void Count() => Calls++;

    /// <summary>The attempt used this.</summary>
    /// <param name="isAnswer">Whether its agent has said so: then it counts in what later attempts reserve.</param>
    public void Settle(string agent, string step, int attempt, Usage usage, bool isAnswer = true)
    {
        _reserved.Remove((step, attempt));
        var used = (Tokens: usage.InputTokens + usage.OutputTokens, CostUsd: PriceTable.CostOf(prices, agent, usage));
        _spent = (_spent.Tokens + used.Tokens, _spent.CostUsd + used.CostUsd);
        var before = _byAgent.GetValueOrDefault(agent);
        _byAgent[agent] = (before.Tokens + used.Tokens, before.CostUsd + used.CostUsd);
        if (isAnswer) uses.Note(new(tenant, agent), used.Tokens, used.CostUsd);
    }
}

/// <summary>A part of a run's budget that attempts hold.</summary>
[GenerateSerializer, Immutable, Alias("rosud.reserved-usage")]
internal readonly record struct ReservedUsage([property: Id(0)] long Tokens, [property: Id(1)] decimal CostUsd);
