using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>One activation of the channel. Each of its storage calls waits until the schedule lets it happen.</summary>
internal sealed class SimulatedActivation : IRecordStore
{
    private readonly DecidedLog _log;
    private readonly TimeProvider _time;
    private readonly Journal _journal;
    private ImmutableDictionary<string, long> _values = ImmutableDictionary<string, long>.Empty;
    private long _position;
    private long _version;
    private ContentHash? _inFlight;

    public SimulatedActivation(DecidedLog log, JournalLimits limits, TimeProvider time, JournalRules rules)
    {
        (_log, _time) = (log, time);
        _journal = new(this, limits, time, rules);
    }

    /// <summary>Storage calls that have not happened yet.</summary>
    public List<SimulatedCall> Calls { get; } = [];

    public bool IsDead { get; set; }

    public bool Serves { get; private set; }

    public bool IsAppending => _inFlight is not null;

    public bool IsConfirming { get; private set; }

    public bool IsErasing { get; private set; }

    public Task<StoredRecord> Read(string name) => Add(new(name, null, null)).Reading.Task;

    public Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag) => Add(new(name, content, etag)).Writing.Task;

    public bool Knows(ContentHash operation) => _journal.FindOperation(operation) is not null;

    public async Task Start()
    {
        try
        {
            var recovery = await _journal.Activate(default);
            if (!_log.Agrees(recovery)) _log.Break("An activation serves with something else than the decided log.");
            if (_log.Operations.Any(operation => !Knows(operation))) _log.Break("An activation serves and does not know a decided operation.");
            (_values, _position, _version) = (_log.Values, _log.Position, recovery.Version);
            Serves = true;
        }
        catch (JournalFencedException)
        {
            IsDead = true;
        }
        catch (InvalidDataException fault)
        {
            _log.Break($"An activation cannot recover: {fault.Message}");
        }
    }

    /// <summary>Commits operations that set or remove one key each.</summary>
    public async Task Append(IReadOnlyList<(ContentHash Operation, string Key, long? Value)> commits)
    {
        var values = _values;
        var entries = new List<JournalEntry>();
        foreach (var (operation, key, value) in commits)
        {
            var change = new JournalChange(key, values.TryGetValue(key, out var before) ? Bytes(before) : default(ReadOnlyMemory<byte>?), value is { } after ? Bytes(after) : default(ReadOnlyMemory<byte>?));
            entries.Add(new(_version + entries.Count + 1, default, [change], new(operation, operation, _time.GetUtcNow(), default)));
            values = value is { } set ? values.SetItem(key, set) : values.Remove(key);
        }

        _inFlight = commits[0].Operation;
        try
        {
            await _journal.Append(entries, new Numbers(values));
            foreach (var entry in entries) _log.Acknowledged(entry.Operation!.Id, entry.Version);
            (_values, _position, _version) = (values, _position + 1, entries[^1].Version);
        }
        catch (JournalFencedException)
        {
            IsDead = true;
        }
#pragma warning disable CA1031 // Whatever else an append throws says that it failed.
        catch (Exception)
#pragma warning restore CA1031
        {
            foreach (var entry in entries) _log.ToldFailed(entry.Operation!.Id);
            IsDead = true;
        }

        _inFlight = null;
    }

    /// <summary>A confirmed read: takes the value first, then asks whether it may answer.</summary>
    public async Task Confirm()
    {
        var landed = _inFlight is { } operation ? _log.Find(operation)?.Position : null;
        var needed = landed == _log.Position ? _log.Position - 1 : _log.Position;
        var seen = _position;
        IsConfirming = true;
        try
        {
            await _journal.Confirm();
            if (seen < needed) _log.Break("A confirmed read is older than what was decided before it began.");
        }
        catch (JournalFencedException)
        {
            IsDead = true;
        }

        IsConfirming = false;
    }

    /// <summary>Forgets all that is not live, beside whatever else goes on.</summary>
    public async Task Erase()
    {
        IsErasing = true;
        try
        {
            await _journal.Erase();
        }
#pragma warning disable CA1031 // Whatever it throws, the activation is over.
        catch (Exception)
#pragma warning restore CA1031
        {
            IsDead = true;
        }

        IsErasing = false;
    }

    private SimulatedCall Add(SimulatedCall call)
    {
        if (!IsDead) Calls.Add(call);
        return call;
    }

    internal static ReadOnlyMemory<byte> Bytes(long value) => BitConverter.GetBytes(value);

    /// <summary>The owner's value.</summary>
    internal sealed class Numbers(ImmutableDictionary<string, long> values) : IJournaled
    {
        public IEnumerable<string> Keys => values.Keys;

        public ReadOnlyMemory<byte>? Encode(string key) => values.TryGetValue(key, out var value) ? Bytes(value) : default(ReadOnlyMemory<byte>?);
    }
}
