using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Options;
using Orleans.Serialization;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Runs;

namespace Rosud.Channels;

/// <summary>The bytes and the names under which a channel's things are kept in its journal.</summary>
internal sealed class ChannelCodec(Serializer serializer, IOptions<ContextLimits> limits)
{
    public const string ChannelKey = "channel";
    public const string LastParkedKey = "n/parked";

    private const string ContextPrefix = "c/";
    private const string RunPrefix = "r/";
    private const string ProgressPrefix = "p/";
    private const string StepPrefix = "s/";
    private const string StubPrefix = "e/";
    private const string ParkedPrefix = "w/";
    private const string MemoPrefix = "m/";
    private const string ChildPrefix = "h/";

    public static string KeyOf(ContextKey key) => ContextPrefix + key.Value;

    public static string RunKey(string run) => RunPrefix + run;

    public static string ProgressKey(string run) => ProgressPrefix + run;

    public static string StepKey(string run, string step) => $"{StepPrefix}{run}/{step}";

    public static string StubKey(string run) => StubPrefix + run;

    public static string ChildKey(string run, string child) => $"{ChildPrefix}{run}/{child}";

    public static string MemoKey(string name) => MemoPrefix + name;

    public static string ParkedKey(long number) => string.Create(CultureInfo.InvariantCulture, $"{ParkedPrefix}{number}");

    public ReadOnlyMemory<byte> Write<T>(T value) => serializer.SerializeToArray(value);

    public T Read<T>(ReadOnlyMemory<byte> bytes) =>
        serializer.Deserialize<T>(bytes) ?? throw new InvalidDataException($"The journal holds no {typeof(T).Name} where one must be.");

    /// <summary>The commit that a journal entry stands for; null when it made no version.</summary>
    public Change? ChangeOf(JournalEntry entry, long versionBase)
    {
        if (entry.Version <= versionBase) return null;
        var note = Read<CommitNote>(entry.Note);
        var writes = ImmutableArray.CreateBuilder<ContextWrite>();
        foreach (var change in entry.Changes)
        {
            if (!change.Key.StartsWith(ContextPrefix, StringComparison.Ordinal)) continue;
            writes.Add(new(new(change.Key[ContextPrefix.Length..]), change.After is { } after ? Read<ContextEntry>(after).Value : null));
        }

        return new(new(entry.Version - versionBase), note.At, note.Origin, writes.ToImmutable()) { Provisional = note.Provisional, Resolves = note.Resolves };
    }

    /// <summary>The keys of the context that an entry changed, with their bytes before and after; null is absent.</summary>
    public static IEnumerable<(ContextKey Key, ReadOnlyMemory<byte>? Before, ReadOnlyMemory<byte>? After)> KeysOf(JournalEntry entry) =>
        from change in entry.Changes
        where change.Key.StartsWith(ContextPrefix, StringComparison.Ordinal)
        select (new ContextKey(change.Key[ContextPrefix.Length..]), change.Before, change.After);

    /// <summary>The entries that the keys of a commit had before it.</summary>
    public ImmutableArray<ContextEntry> EntriesBefore(JournalEntry entry) =>
        [.. KeysOf(entry).Where(key => key.Before is not null).Select(key => Read<ContextEntry>(key.Before!.Value))];

    /// <summary>The whole channel, from what its journal recovered.</summary>
    public ChannelState Restore(JournalRecovery recovery)
    {
        var live = recovery.Live;
        var record = live.TryGetValue(ChannelKey, out var bytes) ? Read<ChannelRecord>(bytes) : null;
        var entries = Under<ContextEntry>(live, ContextPrefix).Select(pair => pair.Value).ToList();
        var lastCommit = entries.Count == 0 ? DateTimeOffset.MinValue : entries.Max(entry => entry.CommittedAt);
        var version = new ContextVersion(recovery.Version - (record?.Base ?? 0));
        return new(this)
        {
            Record = record,
            Log = ContextLog.Restore(version, lastCommit, entries) with { Limits = limits.Value, Parked = RestoreParked(live) },
            Runs = RestoreRuns(live),
            Memos = MemoTable.Restore(Under<Memo>(live, MemoPrefix).Select(pair => pair.Value)),
            Audit = AuditRecord.Decode(live.TryGetValue(AuditRecord.Key, out var chain) ? chain : default(ReadOnlyMemory<byte>?)),
        };
    }

    private ParkedWrites RestoreParked(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> live) => live.TryGetValue(LastParkedKey, out var last)
        ? ParkedWrites.Restore(Read<long>(last), Under<ParkedWrite>(live, ParkedPrefix).Select(pair => pair.Value))
        : ParkedWrites.None;

    private RunTable RestoreRuns(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> live)
    {
        var steps = Under<StepRecord>(live, StepPrefix)
            .Select(pair => (pair.Key, Slash: pair.Key.IndexOf('/', StringComparison.Ordinal), pair.Value))
            .ToLookup(step => step.Key[..step.Slash], step => KeyValuePair.Create(step.Key[(step.Slash + 1)..], step.Value), StringComparer.Ordinal);
        var children = Under<ChildRun>(live, ChildPrefix).ToLookup(pair => pair.Key[..pair.Key.IndexOf('/', StringComparison.Ordinal)], pair => pair.Value, StringComparer.Ordinal);
        var progress = Under<RunProgress>(live, ProgressPrefix).ToDictionary(StringComparer.Ordinal);
        var table = RunTable.Empty;
        foreach (var (name, accepted) in Under<AcceptedRun>(live, RunPrefix))
        {
            var known = progress[name];
            var records = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, steps[name]);
            table = table.With(new(accepted, known.Epoch, records)
            {
                Retries = known.Retries,
                Takeovers = known.Takeovers,
                End = known.End,
                Children = RunRecord.NoChildren.AddRange(children[name].Select(child => KeyValuePair.Create(child.Run.Name, child))),
            });
        }

        return Under<RunStub>(live, StubPrefix).OrderBy(pair => pair.Value.End.At).Aggregate(table, (all, pair) => all.Archive(pair.Value));
    }

    private IEnumerable<KeyValuePair<string, T>> Under<T>(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> live, string prefix) =>
        from pair in live
        where pair.Key.StartsWith(prefix, StringComparison.Ordinal)
        select KeyValuePair.Create(pair.Key[prefix.Length..], Read<T>(pair.Value));
}
