using Rosud.Hosting;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>All that is measured inside one silo on SQLite FULL.</summary>
internal sealed class InProcessContext(Bench bench)
{
    public async Task Measure()
    {
        var settings = HostSettings.New("w6-local");
        await using var host = await LocalHost.Start(settings.OnSqlite(bench.NewFolder("w6-local")));
        await bench.Attempt("updates by size of the context", () => new UpdatesBySize(bench, host).Measure());
        await bench.Attempt("commits per second", () => new CommitRates(bench, host).Measure());
        await bench.Attempt("commit to listener in one silo", () => Listening(host));
        await bench.Attempt("recovery of 10,000 keys", () => new Recovery(bench, host).Measure());
    }

    private async Task Listening(LocalHost host)
    {
        var channel = await BenchChannel.Open(host.Cluster, "listened", new(bench.Seed, UpdatesBySize.ValueBytes));
        await new CommitToListener(bench, host.Cluster, channel, "one silo").Measure();
        await new BarePublish(bench, host.Cluster).Measure();
        bench.Notes.NoteRatio("one silo: commit → listener p50 (from the call) against bare Orleans", "one silo: commit → listener p50 (from the call)", "bare one silo: publish → listener p50 (from the call)");
    }
}
