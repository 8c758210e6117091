using System.Globalization;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>(c) Ten callers each read a number, add one and write it back, at once: ten.</summary>
internal sealed class Increments(Bench bench)
{
    private const int Callers = 10;
    private const int AttemptsMax = 1_000;

    public async Task Measure()
    {
        await using var host = await LocalHost.Start(HostSettings.New("w3-increments").OnSqlite(bench.NewFolder("w3-increments")));
        var (lost, violations) = (0, 0);
        for (var round = 0; round < bench.Choose(100, 5); round++)
        {
            var channel = await RecordedChannel.Open(host.Cluster, string.Create(CultureInfo.InvariantCulture, $"counter-{round}"));
            await Task.WhenAll(Enumerable.Range(1, Callers).Select(caller => Increment(channel, caller)));
            lost += Callers - NumberOf(await channel.Read(session: 0));
            violations += (await channel.Check()).Length;
        }

        bench.Notes.Note("(c) ten increments at once: lost", "of 10", lost);
        bench.Notes.Note(Rewrites.Violations, "", violations);
    }

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
