using System.Globalization;
using System.Text;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>PATCH over HTTP from 1 and 64 kept connections, each request with an idempotency key as the clients send it.</summary>
internal sealed class Patches(Bench bench, SiloProcess silo, IClusterClient cluster, Content content)
{
    private const int Connections = 64;

    private int _requests;

    public async Task Measure()
    {
        var channel = await BenchChannel.Open(cluster, "http", content);
        await channel.Fill(1_000);
        var connections = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => HttpConnection.Open(silo.Settings.HttpPort)));
        try
        {
            await Flight.Run(Connections, bench.Seconds(3, 0.5), lane => connections[lane].Send(Patch(lane)), bench.Stopped);
            await Flight.Run(Connections, bench.Seconds(1, 0.2), lane => connections[lane].Send(BarePatch(lane)), bench.Stopped);
            await bench.Repeat(_ => Round(connections));
        }
        finally
        {
            foreach (var connection in connections) connection.Dispose();
        }

        bench.Notes.NoteRatio("HTTP: update p50 against bare Orleans", "HTTP: update: p50", "bare HTTP: write: p50");
        bench.Notes.NoteRatio("HTTP: PATCH/s against bare Orleans", "HTTP: PATCH/s, 64 connections", "bare HTTP: writes/s, 64 connections");
    }

    private async Task Round(HttpConnection[] connections)
    {
        await One("bare HTTP: write", lane => connections[lane].Send(BarePatch(lane)));
        await One("HTTP: update", lane => connections[lane].Send(Patch(lane)));
        await Many("bare HTTP: writes/s, 64 connections", lane => connections[lane].Send(BarePatch(lane)));
        await Many("HTTP: PATCH/s, 64 connections", lane => connections[lane].Send(Patch(lane)));
    }

    private async Task One(string name, Func<int, Task> send)
    {
        var flown = await Flight.Run(1, bench.Seconds(2, 0.3), send, bench.Stopped);
        bench.Notes.Note($"{name}: p50", "ms", flown.Latencies.PercentileMs(50));
        bench.Notes.Note($"{name}: p99", "ms", flown.Latencies.PercentileMs(99));
    }

    private async Task Many(string name, Func<int, Task> send)
    {
        var cpu = silo.Cpu;
        var flown = await Flight.Run(Connections, bench.Seconds(3, 0.4), send, bench.Stopped);
        cpu = silo.Cpu - cpu;
        bench.Notes.Note(name, "1/s", flown.PerSecond);
        bench.Notes.Note($"{name}: p99", "ms", flown.Latencies.PercentileMs(99));
        bench.Notes.Note($"{name}: host's CPU each", "µs", cpu.TotalMicroseconds / Math.Max(1, flown.Latencies.Count));
        bench.Notes.Note($"{name}: this client's CPU each", "µs", flown.CpuMicrosecondsEach);
    }

    private byte[] Patch(int lane) => Request("/v1/channels/http/context", string.Create(CultureInfo.InvariantCulture, $"{{\"set\":{{\"{BenchChannel.Key(lane)}\":{content.Next()}}}}}"));

    private byte[] BarePatch(int lane) => Request($"/bare/cells/http-{lane}", content.Next().ToString());

    private byte[] Request(string path, string body) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"PATCH {path} HTTP/1.1\r\nHost: 127.0.0.1:{silo.Settings.HttpPort}\r\nContent-Type: application/json\r\nIdempotency-Key: {bench.Seed}-{Interlocked.Increment(ref _requests)}\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
}
