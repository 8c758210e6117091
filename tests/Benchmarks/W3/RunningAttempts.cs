using System.Diagnostics;
using System.Globalization;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>An attempt at work hears when what it reads is rewritten (a), and nothing when it is rewritten with the same value (d).</summary>
internal sealed class RunningAttempts : StalePart
{
    private const string Told = "(a) running attempts told";
    private const string NotTold = "(a) running attempts not told";
    private const string Beyond = "(a) running attempts told, beyond the threshold:";
    private const string TimerLate = "a timer of the threshold in the same process at the same time, late:";
    private const string EqualTold = "(d) equal rewrites: attempts told";
    private const string EqualEvents = "(d) equal rewrites: stale_context_events";
    private const string EqualRefused = "(d) equal rewrites: commits refused";
    private const double ToldBeyondMs = 100;
    private const int AtOnce = 20;
    private const int EqualAtOnce = 5;

    private static readonly TimeSpan Threshold = TimeSpan.FromMilliseconds(200);

    public override string Title => "(a) (d) running attempts";

    public override async Task Measure(Bench bench, int seed)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"w3-running-{seed}");
        var agent = new WaitingAgent();
        await using var host = await LocalHost.Start(HostSettings.New(name).OnSqlite(bench.NewFolder(name)), services => services.AddRosudAgent(WaitingAgent.Name, WaitingAgent.Contract, agent.Work));
        var random = new Random(seed);
        var lanes = await Open(bench, host, agent, "rewritten", AtOnce, random);
        var equal = await Open(bench, host, agent, "equal", EqualAtOnce, random);
        var (told, late, missed, heard, events, refused) = (new Latencies(), new Latencies(), 0, 0, 0, 0);
        for (var round = 0; round < bench.Choose(100, 2); round++)
        {
            var timers = Task.WhenAll(lanes.Select(_ => Late(bench)));
            var (times, equals) = (Task.WhenAll(lanes.Select(lane => lane.Rewrite())), Task.WhenAll(equal.Select(lane => lane.RewriteEqually(2 * Threshold))));
            foreach (var time in await times)
            {
                if (time is { } after) told.Add(after > Threshold ? after - Threshold : TimeSpan.Zero);
                else missed++;
            }

            foreach (var time in await timers) late.Add(time);
            foreach (var found in await equals) (heard, events, refused) = (heard + (found.Told ? 1 : 0), events + found.Events, refused + (found.Refused ? 1 : 0));
        }

        bench.Notes.Note(Told, "attempts", told.Count);
        bench.Notes.Note(NotTold, "attempts", missed);
        foreach (var percent in new[] { 50, 99, 100 })
        {
            bench.Notes.Note(At(Beyond, percent), "ms", told.PercentileMs(percent));
            bench.Notes.Note(At(TimerLate, percent), "ms", late.PercentileMs(percent));
        }

        bench.Notes.Note(EqualTold, "attempts", heard);
        bench.Notes.Note(EqualEvents, "events", events);
        bench.Notes.Note(EqualRefused, "commits", refused);
    }

    public override IEnumerable<Check> Judge(Notebook notes) =>
    [
        notes.CheckWorst(NotTold, Goal.AtMost(0)),
        notes.Check(At(Beyond, 100), Goal.AtMost(ToldBeyondMs)),   // The median seed: time is also the machine's.
        notes.CheckWorst(EqualTold, Goal.AtMost(0)),
        notes.CheckWorst(EqualEvents, Goal.AtMost(0)),
        notes.CheckWorst(EqualRefused, Goal.AtMost(0)),
    ];

    private static string At(string figure, int percent) => percent == 100 ? $"{figure} longest" : string.Create(CultureInfo.InvariantCulture, $"{figure} p{percent}");

    // What nobody can do anything about: how late this process comes to what it wants to do at a certain time.
    private static async Task<TimeSpan> Late(Bench bench)
    {
        var began = Stopwatch.GetTimestamp();
        await bench.Wait(Threshold);
        return Stopwatch.GetElapsedTime(began) - Threshold;
    }

    private static Task<RunLane[]> Open(Bench bench, LocalHost host, WaitingAgent agent, string name, int count, Random random)
    {
        var sync = new ContextSync { StalenessThreshold = Threshold };
        return Task.WhenAll(Enumerable.Range(0, count).Select(lane => RunLane.Open(bench, host.Cluster, agent, string.Create(CultureInfo.InvariantCulture, $"{name}-{lane}"), sync, new Random(random.Next()))));
    }
}
