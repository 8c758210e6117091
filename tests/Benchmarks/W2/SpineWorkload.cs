using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Runs;
using Rosud.Workloads;

namespace Rosud.W2;

/// <summary>W2: an event through eight handlers: asked for at every step, pushed to all, pushed to those it needs.</summary>
internal sealed class SpineWorkload : Workload
{
    private const string WhyNot = "Two silos need redis-server (Debian: apt-get install redis-server), or they could not be started; a note says which.";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public override string Name => "W2";

    public override string About => "the event spine of eight handlers, in simulation";

    protected override async Task Measure(Bench bench)
    {
        bench.Notes.Remark("In simulation: a handler waits 50 ms instead of working; the naive arm's round trips are HTTP calls to a context service that takes 62.5 ms for each.");
        await bench.Attempt("naive", () => Naive(bench));
        await bench.Attempt("two silos on Redis", () => TwoSilos(bench));
        await bench.Attempt("in process, nothing durable", () => InProcess(bench));
        if (bench.Notes.Median("naive, all eight: p50") is { } before && bench.Notes.Median("two silos, all eight: p50") is { } pushed && bench.Notes.Median("two silos, routed: p50") is { } routed)
        {
            bench.Notes.Note("gained by push", "ms", before - pushed);
            bench.Notes.Note("gained by selectivity", "ms", pushed - routed);
        }
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.Check("two silos, routed: p50", Goal.AtMost(180), WhyNot),
        notes.Check("two silos, routed: p99", Goal.AtMost(300), WhyNot),
        notes.Check("two silos, routed: overhead a stage p50", Goal.AtMost(5), WhyNot),
        notes.Check("two silos, all eight: p50", Goal.AtMost(480), WhyNot),
        notes.Check("two silos: polls_total", Goal.AtMost(0), WhyNot),
        notes.Check("two silos: handlers' supervisors on the one with fewer", Goal.AtLeast(1), WhyNot),
        notes.Check("naive, all eight: p50", Goal.AtLeast(2_400)),
    ];

    private static async Task Naive(Bench bench)
    {
        var agents = new SimulatedAgents(bench.Seed, scale: 1);
        await using var services = await HttpAgents.Start(async (name, given, stopped) =>
        {
            var began = Stopwatch.GetTimestamp();
            if (name != "context") return new(await Spine.Work(Spine.Script(name), stopped), Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await agents.Wait(Spine.RoundTripSeconds, stopped);
            return new(given.Context, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        });
        await bench.Repeat(async repetition =>
        {
            await Note(bench, "naive, all eight", Spine.Handlers, bench.Choose(10, 2), _ => Event(services, Enumerable.Range(1, Spine.Handlers), bench.Stopped));
            await Note(bench, "naive, routed", Spine.Needed.Length, bench.Choose(10, 2), _ => Event(services, Spine.Needed, bench.Stopped));
        });
    }

    // Reads the context, reads it again for the contract, writes it, and reads back what it wrote.
    private static async Task Event(HttpAgents services, IEnumerable<int> handlers, CancellationToken stopped)
    {
        var context = new Dictionary<string, string>();
        foreach (var handler in handlers)
        {
            context = (await services.Call("context", new(0, 1, context), stopped)).Answer.Writes;
            context = (await services.Call("context", new(0, 1, context), stopped)).Answer.Writes;
            foreach (var (key, value) in (await services.Call(Spine.Name(handler), new(0, 1, context), stopped)).Answer.Writes) context[key] = value;
            context = (await services.Call("context", new(0, 1, context), stopped)).Answer.Writes;
            context = (await services.Call("context", new(0, 1, context), stopped)).Answer.Writes;
        }
    }

    private static async Task TwoSilos(Bench bench)
    {
        var folder = bench.NewFolder("w2-redis");
        await using var redis = await RedisProcess.StartIfInstalled(folder);
        if (redis is null)
        {
            bench.Notes.Remark("redis-server is not installed, so nothing was measured with two silos.");
            return;
        }

        var (there, own) = (HostSettings.New("w2"), HostSettings.New("w2"));
        await using var first = await SiloProcess.StartWithBare(there, [.. there.OnRedis(redis.Connection), BenchHost.Handlers], folder);
        await using var here = await LocalHost.Start(own.OnRedis(redis.Connection), Spine.Add);
        // Whoever came to life before both silos were there is idle now: it goes, and comes back where its key belongs.
        await here.Cluster.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await Runs(bench, here, "two silos");
        bench.Notes.Note("two silos: handlers' supervisors on the one with fewer", "supervisors", await Fewer(here));
        bench.Notes.Note("two silos: polls_total", "polls", await Polls(there.Url) + await Polls(own.Url));
    }

    private static async Task InProcess(Bench bench)
    {
        await using var host = await LocalHost.Start(HostSettings.New("w2-memory").InMemory(), services =>
        {
            MemoryStore.Add(services);
            Spine.Add(services);
        });
        await Runs(bench, host, "in process");
    }

    private static async Task Runs(Bench bench, LocalHost host, string arm)
    {
        var caller = await RunCaller.Open(host.Cluster, $"w2-{arm.Replace(' ', '-')}", Spine.Names);
        for (var warm = 0; warm < bench.Choose(60, 10); warm++) await Run(caller, warm % 2 == 0 ? Spine.Routed($"warm {warm}") : Spine.Whole($"warm {warm}"));
        await bench.Repeat(async repetition =>
        {
            await Note(bench, $"{arm}, routed", Spine.Needed.Length, bench.Choose(150, 10), number => Ran(bench, arm, caller, Spine.Routed($"{repetition} routed {number}")));
            await Note(bench, $"{arm}, all eight", Spine.Handlers, bench.Choose(50, 5), number => Run(caller, Spine.Whole($"{repetition} whole {number}")));
        });
    }

    private static async Task Note(Bench bench, string name, int stages, int times, Func<int, Task> one)
    {
        var latencies = new Latencies();
        for (var number = 0; number < times; number++)
        {
            bench.Stopped.ThrowIfCancellationRequested();
            var began = Stopwatch.GetTimestamp();
            await one(number);
            latencies.Since(began);
        }

        bench.Notes.Note($"{name}: p50", "ms", latencies.PercentileMs(50));
        bench.Notes.Note($"{name}: p99", "ms", latencies.PercentileMs(99));
        bench.Notes.Note($"{name}: overhead a stage p50", "ms", (latencies.PercentileMs(50) - (stages * Spine.HandlerSeconds * 1_000)) / stages);
        if (name == "two silos, routed") bench.Rosud.Add(latencies);
        else if (name == "naive, all eight") bench.Arm("naive").Add(latencies);
    }

    private static async Task Ran(Bench bench, string arm, RunCaller caller, CoordinationTask task)
    {
        var result = await Run(caller, task);
        if (arm == "two silos") bench.Rosud.Ran(completed: true, result.CoordinationOverheadMs, result.Agents.Fired, result.Agents.Needed);
    }

    private static async Task<RunResult> Run(RunCaller caller, CoordinationTask task)
    {
        var result = await caller.Run(task, Longest);
        return result.Status == RunStatus.Completed ? result : throw new InvalidOperationException($"A run ended {result.Status}: {result.ProblemDetail}");
    }

    private static async Task<int> Fewer(LocalHost host)
    {
        var management = host.Cluster.GetGrain<IManagementGrain>(0);
        var places = new List<SiloAddress>();
        foreach (var name in Spine.Names)
        {
            var grain = host.Cluster.GetGrain<Supervision.ISupervisorGrain>(new Agents.AgentId(Tenants.TenantId.Default, name).Key);
            if (await management.GetActivationAddress(grain) is { } place) places.Add(place);
        }

        var counts = places.GroupBy(place => place).Select(group => group.Count()).ToList();
        return counts.Count < 2 ? 0 : counts.Min();
    }

    // A counter that never counted is not there.
    private static async Task<double> Polls(string url)
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"{url}/metrics"));
        return text.Split('\n').Where(line => line.StartsWith("polls_total", StringComparison.Ordinal)).Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }
}
