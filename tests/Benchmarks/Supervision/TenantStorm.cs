using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rosud.Agents;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;
using static Rosud.Supervision.SupervisedHost;

namespace Rosud.Supervision;

/// <summary>Two tenants on one silo: one has runs of 100 ms done in peace, the other storms with runs that nobody can do, without heed of Retry-After.</summary>
internal sealed class TenantStorm(Bench bench)
{
    private static readonly string[] Out = ["out"];

    private const int Lanes = 4;
    private const int StormLanes = 64;
    private const string Peaceful = "rsd_bench_peaceful_0123456789abcdef";

    /// <summary>The store, and the agent of the peaceful tenant, for the host in its own process: what the clients leave to collect is not the silo's.</summary>
    public static void Add(IServiceCollection services)
    {
        MemoryStore.Add(services);
        services.AddRosudAgent("steady", Agent("steady", Working(100)).Spec! with { MaxConcurrency = 64, Timeout = TimeSpan.FromSeconds(5) }, Working(100));
    }

    public async Task Measure()
    {
        var settings = HostSettings.New("sup-storm");
        string[] host = [.. settings.InMemory(), .. Key(0, Peaceful, "default"), .. Enumerable.Range(0, bench.Repetitions + 1).SelectMany(storm => Key(storm + 1, StormyKey(storm), $"stormy-{storm}")), BenchHost.Storm];
        await using var silo = await SiloProcess.StartWithBare(settings, host, bench.NewFolder("sup-storm"));
        using var warm = new EdgeClient(settings.Url, Peaceful, "warm");
        await warm.Open(null, "steady");
        await Beside(settings, 0, () => Flight.Run(Lanes, bench.Seconds(10, 0.5), _ => warm.Run("steady", 3_000), bench.Stopped));   // Both paths compiled for good.
        await bench.Repeat(async repetition =>
        {
            await Flight.Run(Lanes, bench.Seconds(3, 0.5), _ => warm.Run("steady", 3_000), bench.Stopped);
            var before = await Peace(settings, $"before-{repetition}");
            var beside = before;
            var storm = await Beside(settings, repetition + 1, async () => beside = await Peace(settings, $"beside-{repetition}"));   // Each storm is another tenant's: the host has not held it back before.
            bench.Notes.Note("a tenant's storm: its requests refused at the edge", "requests", storm.Refused);
            bench.Notes.Note("a tenant's storm: its runs", "runs", storm.Runs);
            bench.Notes.Note("a tenant's storm: another's p50 before", "ms", before.PercentileMs(50));
            bench.Notes.Note("a tenant's storm: another's p50 then", "ms", beside.PercentileMs(50));
            bench.Notes.Note("a tenant's storm: another's p90 before", "ms", before.PercentileMs(90));
            bench.Notes.Note("a tenant's storm: another's p90 then", "ms", beside.PercentileMs(90));
            bench.Notes.Note("a tenant's storm: another's p99 before", "ms", before.PercentileMs(99));
            bench.Notes.Note("a tenant's storm: another's p99 then", "ms", beside.PercentileMs(99));
            bench.Notes.Note("a tenant's storm: another's longest before", "ms", before.PercentileMs(100));
            bench.Notes.Note("a tenant's storm: another's longest then", "ms", beside.PercentileMs(100));
            bench.Notes.Note("a tenant's storm: another's p99", "×", beside.PercentileMs(99) / before.PercentileMs(99));
        });
    }

    private async Task<Latencies> Peace(HostSettings settings, string channel)
    {
        using var client = new EdgeClient(settings.Url, Peaceful, channel);
        await client.Open(null, "steady");
        await Flight.Run(Lanes, bench.Seconds(60, 2), _ => client.Run("steady", 3_000), bench.Stopped);   // Some 2,300 runs: of fewer, three moments would be the p99.
        if (client.Failed > 0 || client.Refused.Count > 0) bench.Notes.Remark($"Of the peaceful tenant's runs {client.Failed} failed and {client.Refused.Count} were refused.");
        return client.Good;
    }

    private async Task<(long Refused, long Runs)> Beside(HostSettings settings, int number, Func<Task> act)
    {
        using var storm = new EdgeClient(settings.Url, StormyKey(number), "storm");
        await storm.Open(new { writes = Out, transport = new { kind = "pull" }, max_concurrency = 4, queue_limit = 16 }, "nobody");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(bench.Stopped);
        var storming = Enumerable.Range(0, StormLanes).Select(_ => Task.Run(() => Storm(storm, over.Token))).ToArray();
        await act();
        await over.CancelAsync();
        await Task.WhenAll(storming);
        return (storm.Refused.Count, storm.Failed);
    }

    private static async Task Storm(EdgeClient storm, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (!await storm.Run("nobody", 100)) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    private static string StormyKey(int number) => string.Create(CultureInfo.InvariantCulture, $"rsd_bench_stormy_{number}_0123456789abcdef");

    private static string[] Key(int number, string key, string tenant) =>
    [
        $"--Rosud:Keys:{number}:sha256={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
        $"--Rosud:Keys:{number}:tenant={tenant}",
        $"--Rosud:Keys:{number}:role=client",
    ];
}
