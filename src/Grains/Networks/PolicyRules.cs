using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>What a coordination policy may say.</summary>
internal static class PolicyRules
{
    private static readonly TimeSpan StalenessMax = TimeSpan.FromDays(7);

    /// <summary>Everything that is wrong with a policy, with JSON pointers below <c>/coordination</c>.</summary>
    public static ImmutableArray<ProblemError> Check(CoordinationPolicy policy)
    {
        var errors = ImmutableArray.CreateBuilder<ProblemError>();
        if (policy.MaxStaleness < TimeSpan.Zero || policy.MaxStaleness > StalenessMax)
        {
            errors.Add(new("/coordination/max_staleness_ms", "0 to 604,800,000 (7 days).", "out_of_range"));
        }

        if (policy.RetryBudget is < 0 or > 100) errors.Add(new("/coordination/retry_budget", "0 to 100.", "out_of_range"));
        if (!(policy.CircuitBreakerThreshold > 0 && policy.CircuitBreakerThreshold <= 1))
        {
            errors.Add(new("/coordination/circuit_breaker_threshold", "Above 0, at most 1.", "out_of_range"));
        }

        for (var i = 0; i < policy.Metrics.Length; i++)
        {
            if (!CoordinationPolicy.MetricNames.Contains(policy.Metrics[i])) errors.Add(new($"/coordination/metrics/{i}", "Not one of the four metrics.", "unknown_metric"));
        }

        if (policy.Verdict is { } verdict && !(verdict.SampleRate >= 0 && verdict.SampleRate <= 1))
        {
            errors.Add(new("/coordination/verdict/sample_rate", "0 to 1.", "out_of_range"));
        }

        foreach (var price in policy.Prices)
        {
            if (price.InputUsdPerMillion < 0 || price.OutputUsdPerMillion < 0) errors.Add(new($"/coordination/prices/{price.Name}", "A price is not negative.", "out_of_range"));
        }

        return errors.ToImmutable();
    }
}
