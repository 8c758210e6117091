using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W4;

/// <summary>W4: agents that crash, hang, dawdle, answer garbage, throttle, choke on one task and flap; a context, a clock and a store that misbehave; processes that are killed and stand still. What users see of it, with Rosud and without.</summary>
internal sealed class FaultWorkload : Workload
{
    public static readonly TimeSpan StepTimeout = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    /// <summary>Longer than a task may take: who waits for a process that stands still waits in vain.</summary>
    public static readonly TimeSpan FrozenFor = TimeSpan.FromSeconds(5);

    private const int Lanes = 4;
    private const string WhyNot = "Two silos need redis-server (Debian: apt-get install redis-server), or they could not be started; a note says which.";
    private const string WhyNoOthers = $"Every task without a fault met a host that was harmed. Or: {WhyNot}";
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    public override string Name => "W4";

    public override string About => "faults of agents, context, clock, store and hosts as users see them, in simulation";

    protected override async Task Measure(Bench bench)
    {
        var quiet = new Latencies();
        var others = new Latencies();
        var seeds = bench.Choose(5, 1);
        for (var seed = bench.Seed; seed < bench.Seed + seeds; seed++)
        {
            var plan = new FaultPlan(seed, bench.Choose(300, 36), bench.Choose(200, 13));
            await bench.Attempt(string.Create(CultureInfo.InvariantCulture, $"naive, seed {seed}"), () => Run(bench, plan, "naive", async (agents, name) => await NaiveArm.Start(agents, bench.NewFolder(name)), new(), new()));
            await bench.Attempt(string.Create(CultureInfo.InvariantCulture, $"rosud, seed {seed}"), () => Run(bench, plan, "rosud", async (agents, name) => await RosudArm.Start(bench, agents, name, Lanes), quiet, others));
        }

        bench.Notes.NoteRatio("visible incidents of naive's", "rosud: visible incidents", "naive: visible incidents");
        if (quiet.Count > 0 && others.Count > 0)
        {
            bench.Notes.Note("rosud: p99 before the first fault", "ms", quiet.PercentileMs(99));
            bench.Notes.Note("rosud: others' p99", "ms", others.PercentileMs(99));
            bench.Notes.Note("others' p99 of that before the first fault", "×", others.PercentileMs(99) / quiet.PercentileMs(99));
        }

        await bench.Attempt("breakers", () => new BreakerOpening(bench).Measure());
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.CheckWorst("visible incidents of naive's", Goal.AtMost(0.29), WhyNot),
        notes.CheckWorst("rosud: duplicate effects", Goal.AtMost(0), WhyNot),
        notes.CheckWorst("rosud: tasks without a fault that were hurt while no host was harmed", Goal.AtMost(0), WhyNot),
        notes.CheckWorst("rosud: lost commits", Goal.AtMost(0), WhyNot),
        notes.CheckWorst("rosud: commits done twice", Goal.AtMost(0), WhyNot),
        notes.Check("others' p99 of that before the first fault", Goal.AtMost(1.1), WhyNoOthers),
        notes.CheckWorst("rosud: runs whose cascade_prevented is not the count on the graph", Goal.AtMost(0), WhyNot),
        notes.CheckWorst("breaker, all tasks fail: opened after its minimum of calls", Goal.AtMost(2_000)),
        notes.CheckWorst("breaker, every second task fails: opened after its minimum of calls", Goal.AtMost(2_000)),
    ];

    private static async Task Run(Bench bench, FaultPlan plan, string arm, Func<FaultyAgents, string, Task<IArm?>> start, Latencies quiet, Latencies others)
    {
        await using var agents = await FaultyAgents.Start(plan);
        await using var doing = await start(agents, string.Create(CultureInfo.InvariantCulture, $"w4-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));
        if (doing is null)
        {
            bench.Notes.Remark("redis-server is not installed, so nothing was measured with two silos.");
            return;
        }

        agents.Harm = doing.Harm;
        var seen = new Seen[plan.Count];
        await Play(plan, doing, seen, 0, plan.Quiet, bench.Stopped);
        await Play(plan, doing, seen, plan.Quiet, plan.Count, bench.Stopped);
        await doing.Harms.Whole();
        await doing.Check(bench.Notes);
        Tell(bench, plan, arm, seen, agents, doing.Harms);
        foreach (var one in seen[plan.Warm..plan.Quiet]) quiet.Add(one.Took);
        foreach (var one in seen[plan.Quiet..].Where(one => plan.Of(one.Task).Kind == FaultKind.None && !doing.Harms.Hit(one))) others.Add(one.Took);
    }

    private static async Task Play(FaultPlan plan, IArm doing, Seen[] seen, int from, int to, CancellationToken stopped)
    {
        var next = from - 1;
        using var gate = new SemaphoreSlim(1);
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(
            async () =>
            {
                for (var task = Interlocked.Increment(ref next); task < to; task = Interlocked.Increment(ref next))
                {
                    await Enter(plan, doing, gate, task, stopped);
                    seen[task] = await doing.Do(lane, task);
                    doing.Harms.Over(task);
                }
            },
            stopped)));
    }

    // What is done to hosts waits until they are whole, and everybody with it: so it finds every lane at work.
    private static async Task Enter(FaultPlan plan, IArm doing, SemaphoreSlim gate, int task, CancellationToken stopped)
    {
        await gate.WaitAsync(stopped);
        try
        {
            if (!FaultPlan.IsOfHost(plan.Of(task).Kind)) return;
            await doing.Harms.Whole();
            doing.Harms.Expect(task);
        }
        finally
        {
            gate.Release();
        }
    }

    // An incident is what a user sees: wrong, failed, late, or done twice to the outside.
    private static void Tell(Bench bench, FaultPlan plan, string arm, Seen[] seen, FaultyAgents agents, Harms harms)
    {
        var latencies = new Latencies();
        var byKind = new SortedDictionary<FaultKind, int>();
        var (hurt, bystanders, twice) = (0, 0, 0);
        foreach (var one in seen[plan.Warm..])
        {
            var expected = plan.Expected(one.Task).ToString(CultureInfo.InvariantCulture);
            var isTwice = agents.Effects.GetValueOrDefault(one.Task) > 1;
            var isGood = one.Value == expected && one.Took <= Deadline + Slack && !isTwice;
            bench.Arm(arm).Ran(isGood, 0, 0, 0);
            latencies.Add(one.Took);
            twice += isTwice ? 1 : 0;
            if (isGood) continue;
            var (kind, step) = plan.Of(one.Task);
            bench.Say(string.Create(CultureInfo.InvariantCulture, $"  {arm}: {kind} at step {step + 1}, at {one.Began.TotalSeconds:0.0} s, after {one.Took.TotalMilliseconds:0} ms: {(isTwice ? "done twice" : one.Value is null ? one.Error : one.Value == expected ? "late" : "wrong")}{(harms.Hit(one) ? ", while a host was harmed" : "")}"));
            byKind[kind] = byKind.GetValueOrDefault(kind) + 1;
            if (kind != FaultKind.None) continue;
            if (harms.Hit(one)) bystanders++;
            else hurt++;
        }

        bench.Arm(arm).Add(latencies);
        bench.Notes.Note($"{arm}: visible incidents", "incidents", byKind.Values.Sum());
        bench.Notes.Note($"{arm}: duplicate effects", "effects", twice);
        bench.Notes.Note($"{arm}: tasks without a fault that were hurt while no host was harmed", "tasks", hurt);
        bench.Notes.Note($"{arm}: tasks without a fault that were hurt while a host was harmed", "tasks", bystanders);
        foreach (var kind in Enum.GetValues<FaultKind>()) bench.Notes.Note($"{arm}: incidents of {kind}", "incidents", byKind.GetValueOrDefault(kind));
    }
}
