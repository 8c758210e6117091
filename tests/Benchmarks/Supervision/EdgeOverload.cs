using System.Diagnostics;
using Rosud.Agents;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;
using static Rosud.Supervision.SupervisedHost;

namespace Rosud.Supervision;

/// <summary>A host that takes 16 requests at once, each of 200 ms, is offered five times as many by the clock. G18, at the edge.</summary>
internal sealed class EdgeOverload(Bench bench)
{
    private const int Places = 16;
    private const int TenantsPlaces = Places - (Places / 4);   // One tenant alone gets three quarters.
    private const double WorkMs = 200;
    private const double CapacityPerSecond = TenantsPlaces * 1_000 / WorkMs;

    public async Task Measure()
    {
        var settings = HostSettings.New("sup-edge");
        await using var host = await LocalHost.Start(
            [.. settings.InMemory(), $"--Rosud:Requests:ConcurrentMax={Places}", $"--Rosud:Requests:ConcurrentMin={Places}", "--Rosud:Requests:QueuePerTenant=4"],
            services =>
            {
                MemoryStore.Add(services);
                services.AddRosudAgent("steady", Agent("steady", Working(WorkMs)).Spec! with { MaxConcurrency = 64, Timeout = TimeSpan.FromSeconds(5) }, Working(WorkMs));
            });
        await bench.Repeat(async repetition =>
        {
            var span = bench.Seconds(10, 2);
            using var peak = new EdgeClient(settings.Url, null, $"peak-{repetition}");
            await peak.Open(null, "steady");
            await Flight.Run(TenantsPlaces, bench.Seconds(2, 0.5), _ => peak.Run("steady", 2_000), bench.Stopped);
            var flown = await Flight.Run(TenantsPlaces, span, _ => peak.Run("steady", 2_000), bench.Stopped);
            using var offered = new EdgeClient(settings.Url, null, $"offered-{repetition}");
            await offered.Open(null, "steady");
            var (good, answered, asked) = await Offered(offered, span);
            bench.Notes.Note("host at 5 times its capacity: goodput of peak", "%", 100 * good / span.TotalSeconds / flown.PerSecond);
            bench.Notes.Note("host at 5 times its capacity: refusal p99", "ms", offered.Refused.PercentileMs(99));
            bench.Notes.Note("host at 5 times its capacity: refusal p50", "ms", offered.Refused.PercentileMs(50));
            bench.Notes.Note("host at 5 times its capacity: refusals without Retry-After", "refusals", offered.WithoutRetryAfter);
            bench.Notes.Note("host at 5 times its capacity: control calls answered", "%", 100.0 * answered / asked);
        });
    }

    private static async Task<(long Good, int Answered, int Asked)> Offered(EdgeClient client, TimeSpan span)
    {
        var (number, answered, asked, began) = (0, 0, 0, Stopwatch.GetTimestamp());
        var running = new List<Task>();
        while (Stopwatch.GetElapsedTime(began) is var elapsed && elapsed < span)
        {
            for (; number < elapsed.TotalSeconds * 5 * CapacityPerSecond; number++)
            {
                running.Add(Task.Run(() => client.Run("steady", 2_000)));
                if (number % 50 != 0) continue;
                asked++;
                running.Add(Task.Run(async () => answered += await client.Control("steady") ? 1 : 0));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        var good = client.Good.Count;
        await Task.WhenAll(running);
        return (good, answered, asked);
    }
}
