using System.ComponentModel.DataAnnotations;

namespace Rosud.Hosting;

/// <summary>How many requests this host works on at once. Bound from <c>Rosud:Requests</c>.</summary>
/// <remarks>Requests that end work or intervene (heartbeats, completions, cancels, operators' routes) and those that only listen are never held back.</remarks>
internal sealed class RequestGateOptions
{
    public const string Section = "Rosud:Requests";

    /// <summary>Requests at work at once over all tenants, while the host keeps up. A run that is waited for counts until its answer.</summary>
    /// <value>1 to 100,000. Default 1,024.</value>
    [Range(1, 100_000)]
    public int ConcurrentMax { get; set; } = 1_024;

    /// <summary>How far the limit falls while the host does not keep up.</summary>
    /// <value>1 to 100,000. Default 128.</value>
    [Range(1, 100_000)]
    public int ConcurrentMin { get; set; } = 128;

    /// <summary>Requests of one tenant that may wait for their turn; one more is refused at once.</summary>
    /// <value>0 to 10,000. Default 64.</value>
    [Range(0, 10_000)]
    public int QueuePerTenant { get; set; } = 64;

    /// <summary>How long a request may wait for its turn.</summary>
    /// <value>0 to 10 s. Default 10 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan WaitMax { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How late the thread pool may be: when it was later at every look of half a second, the limit falls by a fifth at each further one; in time, it grows.</summary>
    /// <value>1 ms to 10 s. Default 50 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan LateAfter { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How late the thread pool may be while several tenants are at work: when it is later at two looks close to each other, whoever brings more requests than all others together gets fewer places, down to <see cref="CrowdedPlaces"/>.</summary>
    /// <value>1 ms to 10 s. Default 5 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan CrowdedAfter { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How much of its processors the process may use while several tenants are at work: when it used more in the last tenth of a second, whoever brings more requests than all others together keeps half of what it has at work, or a quarter when it was not held back yet and brings more than four times as much as they, down to <see cref="CrowdedPlaces"/>.</summary>
    /// <value>0.1 to 2, a share; above 1 turns it off. Default 0.5.</value>
    [Range(0.1, 2.0)]
    public double CrowdedCpu { get; set; } = 0.5;

    /// <summary>Places that a tenant keeps in any case.</summary>
    /// <value>1 to 1,000. Default 4.</value>
    [Range(1, 1_000)]
    public int CrowdedPlaces { get; set; } = 4;
}
