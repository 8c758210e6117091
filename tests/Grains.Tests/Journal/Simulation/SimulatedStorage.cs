using System.Globalization;

namespace Rosud.Journal;

/// <summary>What is stored, and the writes that may still land.</summary>
internal sealed class SimulatedStorage(DecidedLog log)
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
        log.Landed(content);
        return next;
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
