using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W4;

/// <summary>W4: agents that crash, hang, dawdle, answer garbage, throttle, choke on one task and flap; a context, a clock and a store that misbehave; what users see of it, with Rosud and without.</summary>
internal sealed class FaultWorkload : Workload
{
    public static readonly TimeSpan StepTimeout = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);
    private const int Lanes = 4;
    private const string HarmToHosts = "Hosts are killed and frozen by tests/Faults; that is not part of this workload yet.";

    public override string Name => "W4";

    public override string About => "faults of agents, context, clock and store as users see them, in simulation";

    protected override async Task Measure(Bench bench)
    {
        var seeds = bench.Choose(5, 1);
        for (var seed = bench.Seed; seed < bench.Seed + seeds; seed++)
        {
            var plan = new FaultPlan(seed, bench.Choose(200, 14));
            await bench.Attempt(string.Create(CultureInfo.InvariantCulture, $"naive, seed {seed}"), () => Run(bench, plan, "naive", (agents, _) => Task.FromResult<IArm>(new NaiveArm(agents))));
            await bench.Attempt(string.Create(CultureInfo.InvariantCulture, $"rosud, seed {seed}"), () => Run(bench, plan, "rosud", async (agents, number) => await RosudArm.Start(bench, agents, number, Lanes)));
        }

        bench.Notes.NoteRatio("visible incidents of naive's", "rosud: visible incidents", "naive: visible incidents");
    }

    protected override ImmutableArray<Check> Judge(Notebook notes) =>
    [
        notes.Check("visible incidents of naive's", Goal.AtMost(0.29)),
        notes.Check("rosud: duplicate effects", Goal.AtMost(0)),
        notes.Check("rosud: tasks without a fault that were hurt", Goal.AtMost(0)),
        notes.Check("lost commits under silo kill and freeze", Goal.AtMost(0), HarmToHosts),
    ];

    private static async Task Run(Bench bench, FaultPlan plan, string arm, Func<FaultyAgents, string, Task<IArm>> start)
    {
        await using var agents = await FaultyAgents.Start(plan);
        await using var doing = await start(agents, string.Create(CultureInfo.InvariantCulture, $"w4-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));
        var (next, seen) = (-1, new Seen[plan.Count]);
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(
            async () =>
            {
                for (var task = Interlocked.Increment(ref next); task < plan.Count; task = Interlocked.Increment(ref next)) seen[task] = await doing.Do(lane, task);
            },
            bench.Stopped)));
        Tell(bench, plan, arm, seen, agents);
    }

    // An incident is what a user sees: wrong, failed, late, or done twice to the outside.
    private static void Tell(Bench bench, FaultPlan plan, string arm, Seen[] seen, FaultyAgents agents)
    {
        var latencies = new Latencies();
        var byKind = new SortedDictionary<FaultKind, int>();
        var (hurt, twice) = (0, 0);
        foreach (var one in seen)
        {
            var expected = plan.Expected(one.Task).ToString(CultureInfo.InvariantCulture);
            var isTwice = agents.Effects.GetValueOrDefault(one.Task) > 1;
            var isGood = one.Value == expected && one.Took <= Deadline + TimeSpan.FromMilliseconds(50) && !isTwice;
            bench.Arm(arm).Ran(isGood, 0, 0, 0);
            latencies.Add(one.Took);
            twice += isTwice ? 1 : 0;
            if (isGood) continue;
            var kind = plan.Of(one.Task).Kind;
            if (kind == FaultKind.None) hurt++;
            byKind[kind] = byKind.GetValueOrDefault(kind) + 1;
        }

        bench.Arm(arm).Add(latencies);
        bench.Notes.Note($"{arm}: visible incidents", "incidents", byKind.Values.Sum());
        bench.Notes.Note($"{arm}: duplicate effects", "effects", twice);
        bench.Notes.Note($"{arm}: tasks without a fault that were hurt", "tasks", hurt);
        foreach (var kind in Enum.GetValues<FaultKind>()) bench.Notes.Note($"{arm}: incidents of {kind}", "incidents", byKind.GetValueOrDefault(kind));
    }
}
