using System.Globalization;

namespace Rosud.Journal;

/// <summary>Records in memory. ETags never come back.</summary>
internal sealed class MemoryRecordStore : IRecordStore
{
    private readonly Dictionary<string, (byte[] Content, string ETag)> _records = [];
    private long _writes;

    public int Reads { get; private set; }

    public List<string> Written { get; } = [];

    /// <summary>Runs before a write of this record; what it throws is the outcome, and the write does not land.</summary>
    public Func<string, Task> BeforeWrite { get; set; } = _ => Task.CompletedTask;

    /// <summary>Runs after a write landed; what it throws is the outcome.</summary>
    public Action<string> AfterWrite { get; set; } = _ => { };

    public IReadOnlyCollection<string> Names => _records.Keys;

    public Task<StoredRecord> Read(string name)
    {
        Reads++;
        return Task.FromResult(_records.TryGetValue(name, out var record) ? new StoredRecord(record.Content, record.ETag) : default);
    }

    public async Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag)
    {
        await BeforeWrite(name);
        if (_records.GetValueOrDefault(name).ETag != etag) throw new InvalidOperationException("The ETag is another.");
        var next = (++_writes).ToString(CultureInfo.InvariantCulture);
        _records[name] = (content.ToArray(), next);
        Written.Add(name);
        AfterWrite(name);
        return next;
    }

    /// <summary>Changes one byte of a stored record.</summary>
    public void Damage(string name) => _records[name].Content[^1] ^= 1;

    /// <summary>Leaves only the first part of a stored record.</summary>
    public void Tear(string name, double share)
    {
        var (content, etag) = _records[name];
        _records[name] = (content[..(int)(content.Length * share)], etag);
    }

    public bool Contains(string name, ReadOnlySpan<byte> bytes) => _records[name].Content.AsSpan().IndexOf(bytes) >= 0;
}
