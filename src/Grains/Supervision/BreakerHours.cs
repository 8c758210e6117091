using Rosud.Agents;
using Rosud.Channels;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>How often a breaker opens on an agent that is as healthy as agents are: hours of one call a second, simulated. A value; the same seed gives the same.</summary>
/// <param name="Hours">Simulated, each with a fresh breaker.</param>
/// <param name="HoursWithTrip">Hours in which it opened at least once.</param>
/// <param name="TripCount">Openings in all.</param>
internal sealed record BreakerHours(int Hours, int HoursWithTrip, int TripCount)
{
    private const int SecondsPerHour = 3_600;

    public double PerHour => (double)TripCount / Hours;

    public double ShareOfHours => (double)HoursWithTrip / Hours;

    public static BreakerHours Trips(BreakerOptions options, double failureShare, int hours, int seed)
    {
#pragma warning disable CA5394 // Dice for a simulation, not secrets: the same seed must give the same.
        var dice = new Random(seed);
        var start = DateTimeOffset.UnixEpoch;
        var run = RunId.Make(new ChannelId(TenantId.Default, "hours"), "r1");
        var agent = new AgentId(TenantId.Default, "healthy");
        var (withTrip, trips) = (0, 0);
        for (var hour = 0; hour < hours; hour++)
        {
            var (breaker, before) = (Breaker.Fresh, trips);
            for (var second = 0; second < SecondsPerHour; second++)
            {
                var call = new AssignmentId(agent, run, $"s{second}", 1);
                var now = start.AddSeconds(second);
                (breaker, var refused) = breaker.Admit(call, _ => true, now, options, dice.NextDouble());
                if (refused is not null) continue;
                var wasOpen = breaker.State is BreakerStateKind.HalfOpen;
                var failed = dice.NextDouble() < failureShare;
                breaker = breaker.Record(call, failed ? CallOutcome.Failed : CallOutcome.Succeeded, 0.3, now, options, dice.NextDouble());
                if (breaker.State is BreakerStateKind.Open && !wasOpen) trips++;
            }

            if (trips > before) withTrip++;
        }
#pragma warning restore CA5394

        return new(hours, withTrip, trips);
    }
}
