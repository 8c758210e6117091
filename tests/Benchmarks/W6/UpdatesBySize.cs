using System.Diagnostics;
using Rosud.Bare;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W6;

/// <summary>Updates of one key by one writer, in contexts of 10, 1,000 and 100,000 keys, against one fsync and a bare grain's write.</summary>
internal sealed class UpdatesBySize(Bench bench, LocalHost host)
{
    public const int ValueBytes = 256;

    private const int Largest = 100_000;
    private static readonly int[] Sizes = [10, 1_000, Largest];

    private readonly Content _content = new(bench.Seed, ValueBytes);

    public async Task Measure()
    {
        var channels = new Dictionary<int, BenchChannel>();
        foreach (var size in Sizes) channels[size] = await BenchChannel.Open(host.Cluster, $"size-{size}", _content);
        foreach (var size in Sizes) await Fill(channels[size], size);
        var cell = host.Cluster.GetGrain<IBareCell>("update");
        var content = new BareContent(_content.Next().Utf8.ToArray());
        foreach (var size in Sizes) await Flight.Run(1, bench.Seconds(1, 0.2), Updates(channels[size], size), bench.Stopped);
        await Flight.Run(1, bench.Seconds(1, 0.2), _ => cell.Write(content), bench.Stopped);
        await bench.Repeat(_ => Round(
        [
            new("bare write", _ => cell.Write(content), bench.Bare),
            new("bare call", _ => cell.Call(content)),
            .. Sizes.Select(size => new Arm($"update of {size:N0} keys", Updates(channels[size], size), size == Largest ? bench.Rosud : null)),
        ]));
        bench.Notes.NoteRatio("update of 1,000 keys: p50 against one fdatasync", "update of 1,000 keys: p50", "fdatasync after 4 KiB: p50");
        bench.Notes.NoteRatio("update of 100,000 keys: p50 against 10 keys", "update of 100,000 keys: p50", "update of 10 keys: p50");
        bench.Notes.NoteRatio("update of 1,000 keys: p50 against a bare write", "update of 1,000 keys: p50", "bare write: p50");
        bench.Notes.NoteRatio("update of 1,000 keys: p50 against a bare call", "update of 1,000 keys: p50", "bare call: p50");
    }

    // In short slices by turns: what else the machine does, to its disk above all, then falls on all of them alike.
    private async Task Round(Arm[] arms)
    {
        var syncs = new Latencies();
        for (var slice = 0; slice < bench.Choose(20, 5); slice++)
        {
            syncs.Add(Disk.Sync(bench.Folder, 25));
            foreach (var arm in arms) arm.Add(await Flight.Run(1, bench.Seconds(0.1, 0.05), arm.One, bench.Stopped));
        }

        bench.Notes.Note("fdatasync after 4 KiB: p50", "ms", syncs.PercentileMs(50));
        foreach (var arm in arms) arm.Note(bench.Notes);
    }

    private async Task Fill(BenchChannel channel, int size)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var began = Stopwatch.GetTimestamp();
        await channel.Fill(size);
        var took = Stopwatch.GetElapsedTime(began);
        if (size != Largest) return;
        bench.Notes.Note("filling 100,000 keys, 500 a patch", "keys/s", size / took.TotalSeconds);
        await bench.Wait(TimeSpan.FromSeconds(2));   // Buffers of what has been written go back.
        var bytes = Enumerable.Range(0, size).Sum(key => BenchChannel.Key(key).Value.Length + ValueBytes) / (double)size;
        var held = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)size;
        bench.Notes.Note("memory per key of 100,000", "B", held);
        bench.Notes.Note("memory per key over 2 × its bytes", "B", held - (2 * bytes));
    }

    private static Func<int, Task> Updates(BenchChannel channel, int size)
    {
        var next = 0;
        // A step that has no divisor with the sizes visits all keys, far from each other.
        return _ => channel.Commit((next = (next + 7_919) % size));
    }

    private sealed record Arm(string Name, Func<int, Task> One, ArmTally? Tally = null)
    {
        private readonly Latencies _latencies = new();
        private TimeSpan _cpu;

        public void Add(Flown flown)
        {
            _latencies.Add(flown.Latencies);
            _cpu += flown.Cpu;
        }

        public void Note(Notebook notes)
        {
            notes.Note($"{Name}: p50", "ms", _latencies.PercentileMs(50));
            notes.Note($"{Name}: p99", "ms", _latencies.PercentileMs(99));
            notes.Note($"{Name}: CPU each", "µs", _cpu.TotalMicroseconds / Math.Max(1, _latencies.Count));
            Tally?.Add(_latencies);
        }
    }
}
