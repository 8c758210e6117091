using System.Globalization;
using Rosud.Hosting;
using Rosud.Mutants;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>(a) B reads, A rewrites 200 ms later, B commits what it made of what it read: refused, every time.</summary>
internal sealed class Rewrites(Bench bench)
{
    public const string Violations = "violations in the histories of (a) and (c)";

    private const int Lanes = 200;
    private static readonly TimeSpan RewrittenAfter = TimeSpan.FromMilliseconds(200);

    public async Task Measure()
    {
        await using var host = await LocalHost.Start(HostSettings.New("w3-rewrites").OnSqlite(bench.NewFolder("w3-rewrites")));
        var rounds = bench.Choose(10_000, 200) / Lanes;
        var (missed, violations) = await Run(host, Lanes, rounds);
        bench.Notes.Note("(a) rewritten reads", "times", Lanes * rounds);
        bench.Notes.Note("(a) rewritten reads that were committed on", "times", missed);
        bench.Notes.Note(Violations, "", violations);
    }

    /// <summary>The same against a host that does not validate: a checker that finds nothing there finds nothing anywhere.</summary>
    public async Task MeasureBroken()
    {
        var settings = HostSettings.New("w3-broken").OnSqlite(bench.NewFolder("w3-broken"));
        await using var host = await LocalHost.Start(settings, services => MutantServices.Add(services, Mutant.NoValidation));
        var (missed, violations) = await Run(host, 20, 1);
        bench.Notes.Note("with validation switched off: rewritten reads that were committed on", "of 20", missed);
        bench.Notes.Note("with validation switched off: violations that the checker finds", "", violations);
    }

    private async Task<(int Missed, int Violations)> Run(LocalHost host, int lanes, int rounds)
    {
        var channels = await Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => RecordedChannel.Open(host.Cluster, string.Create(CultureInfo.InvariantCulture, $"rewritten-{lane}"))));
        var missed = await Task.WhenAll(channels.Select(channel => Missed(channel, rounds)));
        var violations = await Task.WhenAll(channels.Select(channel => channel.Check()));
        foreach (var violation in violations.SelectMany(found => found).Take(3)) bench.Notes.Remark($"{violation}");
        return (missed.Sum(), violations.Sum(found => found.Length));
    }

    private async Task<int> Missed(RecordedChannel channel, int rounds)
    {
        await channel.Commit(1, "price", "100");
        var missed = 0;
        for (var round = 0; round < rounds; round++)
        {
            var seen = await channel.Read(session: 2);
            await bench.Wait(RewrittenAfter);
            await channel.Commit(1, "price", "999");
            if (await channel.Commit(2, "offer", "made", seen.Version, "price")) missed++;
        }

        return missed;
    }
}
