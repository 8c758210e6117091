using Rosud.Bare;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>The context of a durable silo in another process, through an Orleans client over TCP and over HTTP.</summary>
internal sealed class RemoteContext(Bench bench)
{
    public async Task Measure()
    {
        var folder = bench.NewFolder("w6-remote");
        var settings = HostSettings.New("w6-remote");
        await using var silo = await SiloProcess.StartWithBare(settings, settings.OnSqlite(Path.Combine(folder, "data")), folder);
        await using var client = await TcpClient.Connect(settings);
        var content = new Content(bench.Seed, UpdatesBySize.ValueBytes);
        await bench.Attempt("updates over a TCP client", () => Tcp(client, content));
        await bench.Attempt("PATCH over HTTP", () => new Patches(bench, silo, client.Cluster, content).Measure());
        await bench.Attempt("commit to SSE clients", () => new CommitToSse(bench, silo, client.Cluster, content).Measure());
    }

    private async Task Tcp(TcpClient client, Content content)
    {
        var channel = await BenchChannel.Open(client.Cluster, "tcp", content);
        var cell = client.Cluster.GetGrain<IBareCell>("tcp");
        var bytes = new BareContent(content.Next().Utf8.ToArray());
        await channel.Fill(1_000);
        await Flight.Run(4, bench.Seconds(2, 0.3), key => channel.Commit(key), bench.Stopped);
        await Flight.Run(4, bench.Seconds(1, 0.1), _ => cell.Write(bytes), bench.Stopped);
        await bench.Repeat(async _ =>
        {
            Note("bare TCP client: write", await Flight.Run(1, bench.Seconds(2, 0.2), _ => cell.Write(bytes), bench.Stopped));
            Note("bare TCP client: call", await Flight.Run(1, bench.Seconds(1, 0.1), _ => cell.Call(bytes), bench.Stopped));
            Note("TCP client: update", await Flight.Run(1, bench.Seconds(2, 0.3), key => channel.Commit(key), bench.Stopped));
        });
        bench.Notes.NoteRatio("TCP client: update p50 against bare Orleans", "TCP client: update: p50", "bare TCP client: write: p50");
    }

    private void Note(string name, Flown flown)
    {
        bench.Notes.Note($"{name}: p50", "ms", flown.Latencies.PercentileMs(50));
        bench.Notes.Note($"{name}: p99", "ms", flown.Latencies.PercentileMs(99));
    }
}
