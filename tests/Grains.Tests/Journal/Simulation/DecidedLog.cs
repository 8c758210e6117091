using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>The model: every batch that ever landed, in order. It also keeps the first invariant that was seen broken.</summary>
internal sealed class DecidedLog
{
    private readonly Dictionary<ContentHash, (long Position, long Version)> _operations = [];
    private readonly HashSet<ContentHash> _failed = [];

    public string? Broken { get; private set; }

    public long Position { get; private set; }

    public List<JournalEntry> Commits { get; } = [];

    public ImmutableDictionary<string, long> Values { get; private set; } = ImmutableDictionary<string, long>.Empty;

    public IReadOnlyCollection<ContentHash> Operations => _operations.Keys;

    public void Break(string invariant) => Broken ??= invariant;

    public (long Position, long Version)? Find(ContentHash operation) => _operations.TryGetValue(operation, out var found) ? found : null;

    /// <summary>A record landed.</summary>
    public void Landed(ReadOnlyMemory<byte> content)
    {
        var record = RecordFrame.Read(content);
        if (record.Kind != RecordKind.Batch) return;
        if (record.Position != Position + 1)
        {
            Break($"Position {record.Position} landed when {Position} were decided.");
            return;
        }

        Position++;
        foreach (var entry in JournalBatch.EntriesOf(record)) Take(entry);
    }

    public void Acknowledged(ContentHash operation, long version)
    {
        if (Find(operation)?.Version != version) Break($"An operation was acknowledged at version {version} and is not decided there.");
    }

    public void ToldFailed(ContentHash operation)
    {
        _failed.Add(operation);
        if (_operations.ContainsKey(operation)) Break("An operation was told to have failed and is in the log.");
    }

    /// <summary>Whether these live keys are exactly those of the log.</summary>
    public bool Agrees(JournalRecovery recovery) => recovery.Version == Commits.Count && recovery.Live.Count == Values.Count
        && Values.All(pair => recovery.Live.TryGetValue(pair.Key, out var bytes) && BitConverter.ToInt64(bytes.Span) == pair.Value);

    private void Take(JournalEntry entry)
    {
        if (entry.Version != Commits.Count + 1) Break($"Version {entry.Version} was decided after {Commits.Count}.");
        Commits.Add(entry);
        if (!_operations.TryAdd(entry.Operation!.Id, (Position, entry.Version))) Break("An operation landed twice.");
        if (_failed.Contains(entry.Operation.Id)) Break("An operation was told to have failed and landed.");
        foreach (var change in entry.Changes)
        {
            Values = change.After is { } after ? Values.SetItem(change.Key, BitConverter.ToInt64(after.Span)) : Values.Remove(change.Key);
        }
    }
}
