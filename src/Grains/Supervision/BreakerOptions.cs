using System.ComponentModel.DataAnnotations;

namespace Rosud.Supervision;

/// <summary>When supervisors stop sending work to a failing agent, and for how long. Bound from <c>Rosud:Breaker</c>.</summary>
/// <remarks>The share of failures is not here: it is the network's <c>circuit_breaker_threshold</c>.</remarks>
internal sealed class BreakerOptions
{
    public const string Section = "Rosud:Breaker";

    /// <summary>Calls needed within <see cref="Window"/> before the threshold means anything.</summary>
    /// <value>2 or more. Default 30.</value>
    [Range(2, 10_000)]
    public int CallsMin { get; set; } = 30;

    /// <summary>How far back calls are counted, in thirty steps.</summary>
    /// <value>1 second to 1 hour. Default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>For agents that are called seldom: the threshold also holds over this many last calls.</summary>
    /// <value>2 to 1,000. Default 40.</value>
    [Range(2, 1_000)]
    public int LastCalls { get; set; } = 40;

    /// <summary>How old the first of <see cref="LastCalls"/> may be.</summary>
    /// <value>1 second to 1 day. Default 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan LastCallsWithin { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Failures in a row that open the breaker whatever the share.</summary>
    /// <value>2 to 1,000. Default 5.</value>
    [Range(2, 1_000)]
    public int FailuresInARow { get; set; } = 5;

    /// <summary>A call that succeeded counts as slow when it took more than this share of its limit.</summary>
    /// <value>0.05 to 1. Default 0.8.</value>
    [Range(0.05, 1.0)]
    public double SlowAfterShareOfLimit { get; set; } = 0.8;

    /// <summary>The share of slow calls within <see cref="Window"/> at which the breaker opens; it needs <see cref="CallsMin"/> calls too. Above 1 it never does.</summary>
    /// <value>0.01 to 2. Default 0.8.</value>
    [Range(0.01, 2.0)]
    public double SlowThreshold { get; set; } = 0.8;

    /// <summary>How long the breaker stays open the first time; doubles each time its probes fail.</summary>
    /// <value>100 milliseconds to 1 hour. Default 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan OpenFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest the breaker stays open without a probe.</summary>
    /// <value>100 milliseconds to 1 day. Default 60 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan OpenForMax { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Probes a half-open breaker lets through; as many successes close it.</summary>
    /// <value>1 to 100. Default 3.</value>
    [Range(1, 100)]
    public int Probes { get; set; } = 3;

    /// <summary>How long a probe may work before it counts as failed, and wait before another may go in its place.</summary>
    /// <value>1 second to 1 hour. Default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan ProbeTime { get; set; } = TimeSpan.FromSeconds(30);
}
