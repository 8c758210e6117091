using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>Configures a network. What is left out has its default, not the value before.</summary>
internal sealed record ConfigureNetworkBody
{
    public CoordinationBody Coordination { get; init; } = new();
}

/// <summary>How the channels of a network coordinate.</summary>
internal sealed record CoordinationBody
{
    public ExecutionKind Execution { get; init; }

    public ContextSyncKind ContextSync { get; init; }

    [DurationMs(0)]
    public long MaxStalenessMs { get; init; } = 500;

    public IsolationKind Isolation { get; init; }

    [Range(0, 100)]
    public int RetryBudget { get; init; } = 3;

    [Range(0d, 1d, MinimumIsExclusive = true)]
    public double CircuitBreakerThreshold { get; init; } = 0.3;

    [Count(16)]
    public string[] Metrics { get; init; } = [.. CoordinationPolicy.MetricNames];

    [Optional] public VerdictBody? Verdict { get; init; }

    [Optional, Name, Count(1000)]
    public Dictionary<string, PriceBody>? Prices { get; init; }

    public static CoordinationBody Of(CoordinationPolicy policy) => new()
    {
        Execution = policy.Execution,
        ContextSync = policy.ContextSync,
        MaxStalenessMs = (long)policy.MaxStaleness.TotalMilliseconds,
        Isolation = policy.Isolation,
        RetryBudget = policy.RetryBudget,
        CircuitBreakerThreshold = policy.CircuitBreakerThreshold,
        Metrics = [.. policy.Metrics],
        Verdict = policy.Verdict is { } verdict ? new() { SampleRate = verdict.SampleRate, Baselines = new(verdict.Baselines) } : null,
        Prices = policy.Prices.IsEmpty ? null : policy.Prices.ToDictionary(price => price.Name, price => new PriceBody { InputUsdPerMillion = price.InputUsdPerMillion, OutputUsdPerMillion = price.OutputUsdPerMillion }),
    };

    public CoordinationPolicy ToPolicy(RequestReader request)
    {
        for (var i = 0; i < Metrics.Length; i++)
        {
            request.Require(CoordinationPolicy.MetricNames.Contains(Metrics[i]), $"/coordination/metrics/{i}", $"This must be one of {string.Join(", ", CoordinationPolicy.MetricNames)}.");
        }

        return new()
        {
            Execution = Execution,
            ContextSync = ContextSync,
            MaxStaleness = TimeSpan.FromMilliseconds(MaxStalenessMs),
            Isolation = Isolation,
            RetryBudget = RetryBudget,
            CircuitBreakerThreshold = CircuitBreakerThreshold,
            Metrics = [.. Metrics],
            Verdict = Verdict is { } verdict ? new() { SampleRate = verdict.SampleRate, Baselines = verdict.Baselines.ToImmutableDictionary() } : null,
            Prices = [.. (Prices ?? []).OrderBy(price => price.Key, StringComparer.Ordinal).Select(price => new Price(price.Key, price.Value.InputUsdPerMillion, price.Value.OutputUsdPerMillion))],
        };
    }
}

/// <summary>Which runs are compared with one agent alone.</summary>
internal sealed record VerdictBody
{
    [Range(0d, 1d)]
    public double SampleRate { get; init; } = 0.05;

    /// <summary>The baseline agent of each task class.</summary>
    [Name, Count(1000)]
    public Dictionary<string, string> Baselines { get; init; } = [];
}

/// <summary>What one agent or model costs.</summary>
internal sealed record PriceBody
{
    [Range(0d, 1e9)]
    public required decimal InputUsdPerMillion { get; init; }

    [Range(0d, 1e9)]
    public required decimal OutputUsdPerMillion { get; init; }
}

/// <summary>A network.</summary>
internal sealed record NetworkBody(string Name, long Revision, CoordinationBody Coordination)
{
    public static NetworkBody Of(NetworkView network) => new(network.Id.Name, network.Revision, CoordinationBody.Of(network.Coordination));
}
