using System.Globalization;

namespace Rosud.Journal;

/// <summary>What is stored, and the writes that may still land.</summary>
internal sealed class SimulatedStorage(Action<ReadOnlyMemory<byte>> landed)
{
    private readonly Dictionary<string, (ReadOnlyMemory<byte> Content, string ETag)> _records = [];
    private long _writes;

    /// <summary>Writes whose writer has already given up waiting.</summary>
    public List<(string Name, ReadOnlyMemory<byte> Content, string? ETag)> Late { get; } = [];

    public StoredRecord Read(string name) => _records.TryGetValue(name, out var record) ? new(record.Content, record.ETag) : default;

    /// <summary>Compare-and-swap.</summary>
    /// <returns>The new ETag, or null when another was there.</returns>
    public string? Land(string name, ReadOnlyMemory<byte> content, string? etag)
    {
        if (_records.GetValueOrDefault(name).ETag != etag) return null;
        var next = (++_writes).ToString(CultureInfo.InvariantCulture);
        _records[name] = (content, next);
        landed(content);
        return next;
    }

    /// <summary>Lets a call happen: as it should, or with one of the faults that storage may have.</summary>
    /// <param name="fault">1: it lands unheard; 2: it never lands; 3: it may land later; 0: none.</param>
    public void Happen(SimulatedCall call, int fault)
    {
        if (call.Content is not { } content)
        {
            call.Reading.SetResult(Read(call.Name));
            return;
        }

        if (fault == 3) Late.Add((call.Name, content, call.ETag));
        var etag = fault >= 2 ? null : Land(call.Name, content, call.ETag);
        if (fault == 0 && etag is not null) call.Writing.SetResult(etag);
        else call.Writing.SetException(new InvalidOperationException("A conflict, or so the driver says."));
    }

    /// <summary>Lets one of the late writes land, or fail unheard.</summary>
    public void LandLate(int index)
    {
        var (name, content, etag) = Late[index];
        Late.RemoveAt(index);
        Land(name, content, etag);
    }

    /// <summary>The calls of an activation that crashed: its writes may land later or never.</summary>
    public void Abandon(IEnumerable<SimulatedCall> calls, Random random)
    {
        foreach (var call in calls)
        {
            if (call.Content is { } content && random.Next(2) == 0) Late.Add((call.Name, content, call.ETag));
        }
    }

    /// <summary>A copy that answers at once and never fails.</summary>
    public IRecordStore Copy() => new Immediate(new(_records));

    private sealed class Immediate(Dictionary<string, (ReadOnlyMemory<byte> Content, string ETag)> records) : IRecordStore
    {
        private int _writes;

        public Task<StoredRecord> Read(string name) =>
            Task.FromResult(records.TryGetValue(name, out var record) ? new StoredRecord(record.Content, record.ETag) : default);

        public Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag)
        {
            if (records.GetValueOrDefault(name).ETag != etag) throw new InvalidOperationException("The ETag is another.");
            var next = $"copy {++_writes}";
            records[name] = (content, next);
            return Task.FromResult(next);
        }
    }
}
