using System.Globalization;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>(c) Ten callers each read a number, add one and write it back, at once: ten.</summary>
internal sealed class Increments : StalePart
{
    private const string Lost = "(c) ten increments at once: lost";
    private const string Rounds = "(c) ten increments at once";
    private const int Callers = 10;
    private const int AttemptsMax = 1_000;

    public override string Title => "(c) increments";

    public override async Task Measure(Bench bench, int seed)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"w3-increments-{seed}");
        await using var host = await LocalHost.Start(HostSettings.New(name).OnSqlite(bench.NewFolder(name)));
        var (lost, violations, rounds) = (0, 0, bench.Choose(200, 5));
        for (var round = 0; round < rounds; round++)
        {
            var random = new Random((seed * 10_007) + round);
            var channel = await RecordedChannel.Open(host.Cluster, string.Create(CultureInfo.InvariantCulture, $"counter-{round}"));
            var order = Enumerable.Range(1, Callers).ToArray();
            random.Shuffle(order);
            await Task.WhenAll(order.Select(caller => Increment(channel, caller)));
            lost += Callers - NumberOf(await channel.Read(session: 0));
            violations += (await channel.Check()).Length;
        }

        bench.Notes.Note(Rounds, "rounds", rounds);
        bench.Notes.Note(Lost, "of 10", lost);
        bench.Notes.Note(StaleWorkload.Violations, "", violations);
    }

    public override IEnumerable<Check> Judge(Notebook notes) => [notes.CheckWorst(Lost, Goal.AtMost(0))];

    private static async Task Increment(RecordedChannel channel, int caller)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var seen = await channel.Read(caller);
            if (await channel.Commit(caller, "n", string.Create(CultureInfo.InvariantCulture, $"{NumberOf(seen) + 1}"), seen.Version, "n")) return;
        }

        throw new InvalidOperationException($"An increment was refused {AttemptsMax} times.");
    }

    private static int NumberOf(ContextView view) =>
        view["n"] is { } entry ? int.Parse(entry.Value.As<string>()!.Split(' ')[1], CultureInfo.InvariantCulture) : 0;
}
