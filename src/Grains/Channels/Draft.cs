using System.Collections.Immutable;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Runs;

namespace Rosud.Channels;

/// <summary>
/// What one command does to a channel: the value it makes and the journal entries that lead there. Everything a command
/// does lands in one record or not at all.
/// </summary>
/// <param name="salts">Gives each value that is audited its salt.</param>
internal sealed class Draft(ChannelState state, DateTimeOffset now, Func<ContentHash, JournalOperation?> findOperation, Func<UInt128>? salts = null)
{
    private readonly List<byte[]> _audit = [];
    private readonly List<JournalEntry> _entries = [];
    private readonly List<JournalChange> _changes = [];
    private readonly List<Change> _commits = [];
    private readonly List<ChannelNotice> _notices = [];
    private readonly List<ContextEntry> _accepted = [];

    public ChannelState State { get; private set; } = state;

    /// <summary>The operation with this id, when it was answered before (also earlier in the same batch).</summary>
    public JournalOperation? FindOperation(ContentHash id) => findOperation(id);

    public DateTimeOffset Now { get; } = now;

    public IReadOnlyList<JournalEntry> Entries => _entries;

    /// <summary>The commits it makes, as listeners see them.</summary>
    public IReadOnlyList<Change> Commits => _commits;

    /// <summary>Entries that were provisional and are no longer, at the version that they had.</summary>
    public IReadOnlyList<ContextEntry> Accepted => _accepted;

    /// <summary>What listeners hear beside commits; also of a command that changed nothing.</summary>
    public IReadOnlyList<ChannelNotice> Notices => _notices;

    /// <summary>What it adds to the audit chain, in order. Lands in the same record; <see cref="AuditRecord"/> says how.</summary>
    public IReadOnlyList<byte[]> AuditLines => _audit;

    /// <summary>Why and for whom it does what it does.</summary>
    public AuditCause Cause { get; set; } = AuditCause.None;

    /// <summary>Makes the next version of the context.</summary>
    /// <param name="resolves">The parked write that it resolves.</param>
    /// <param name="basis">What it rests on, for the audit.</param>
    public Change Commit(ImmutableArray<ContextWrite> writes, Origin origin, bool provisional = false, bool stale = false, long? resolves = null, CommitBasis? basis = null)
    {
        Close(0, default);
        var before = State;
        var (log, change) = State.Log.Commit(writes, origin, Now, provisional, stale, State.IsAudited ? salts : null);
        change = change with { Resolves = resolves };
        State = State with { Log = log };
        if (State.IsAudited) Chain(AuditEntries.Commit(State.Audit.Number + 1, change, log.Find, (basis ?? CommitBasis.None) with { Stale = stale }, Cause));
        foreach (var write in writes) Track(ChannelCodec.KeyOf(write.Key), before);
        _commits.Add(change);
        var note = State.Codec.Write(new CommitNote(change.CommittedAt, origin, provisional, stale, resolves));
        Close(change.Version.Number + (State.Record?.Base ?? 0), note);
        return change;
    }

    /// <summary>Chains what an attempt was handed, if it was, or may have been, and the channel is audited.</summary>
    /// <param name="reliedOn">What it relied on; empty when that is not known.</param>
    public void Handed(AcceptedRun run, AttemptView attempt, ImmutableArray<KeyPattern> reliedOn)
    {
        var wasHanded = attempt is { ReadVersion: not null } and ({ StartedAt: not null } or { MayHaveStarted: true } or { Outcome: AttemptOutcome.Accepted });
        if (!State.IsAudited || !wasHanded || run.Steps.FirstOrDefault(known => known.Id == attempt.Step) is not { Reads.Length: > 0 } step) return;
        var narrowed = step.Reads.Select(read => read.Key).SequenceEqual(reliedOn) ? [] : reliedOn;
        Chain(AuditEntries.Read(State.Audit.Number + 1, run.Run, step, attempt, narrowed, Now, new(step.Goal, null, run.Caller, run.TraceId)));
    }

    /// <summary>Chains something that happened to the channel itself.</summary>
    public void Audit(string kind) => Chain(AuditEntries.Event(State.Audit.Number + 1, kind, Now));

    /// <summary>Keys that were published early are accepted as they are; makes no version.</summary>
    public void Accept(ImmutableArray<EarlyKey> early)
    {
        var entries = early.Select(key => State.Log.Find(key.Key) is { Provisional: true } entry && entry.Version == key.Version ? entry : null).OfType<ContextEntry>().ToList();
        if (entries.Count == 0) return;
        var before = State;
        State = State with { Log = State.Log.Accept([.. entries.Select(entry => entry.Key)]) };
        foreach (var entry in entries) Track(ChannelCodec.KeyOf(entry.Key), before);
        _accepted.AddRange(entries);
    }

    /// <summary>Keeps the writes of some keys of a patch until somebody resolves them, and tells listeners.</summary>
    /// <returns>Their numbers.</returns>
    public ImmutableArray<long> Park(ContextPatch patch, ImmutableArray<ContextKey> keys)
    {
        if (keys.IsEmpty) return [];
        var before = State;
        var made = ImmutableArray.CreateBuilder<ParkedWrite>(keys.Length);
        var chosen = keys.ToHashSet();
        foreach (var write in patch.Writes.Where(write => chosen.Contains(write.Key)))
        {
            var (parked, one) = State.Log.Parked.Park(write, patch, State.Log.Head, Now);
            State = State with { Log = State.Log with { Parked = parked } };
            Track(ChannelCodec.ParkedKey(one.Number), before);
            made.Add(one);
        }

        Track(ChannelCodec.LastParkedKey, before);
        Notify("conflict", new
        {
            writer = patch.Origin.Writer,
            keys = made.Select(one => one.Write.Key.Value),
            outcome = "parked",
            conflicts = made.Select(one => one.Id),
        });
        return [.. made.Select(one => one.Number)];
    }

    /// <summary>A parked write waits no more.</summary>
    public void Forget(ParkedWrite parked)
    {
        var before = State;
        State = State with { Log = State.Log with { Parked = State.Log.Parked.Remove(parked) } };
        Track(ChannelCodec.ParkedKey(parked.Number), before);
    }

    public void Put(ChannelRecord record)
    {
        var before = State;
        State = State with { Record = record };
        Track(ChannelCodec.ChannelKey, before);
    }

    /// <summary>Replaces a run's record; only what differs is written.</summary>
    public void Put(RunRecord record)
    {
        var before = State;
        var name = record.Accepted.Run.Name;
        var old = before.Runs.Live.GetValueOrDefault(name);
        State = State with { Runs = State.Runs.With(record) };
        if (old is null) Track(ChannelCodec.RunKey(name), before);
        if (old is null || ChannelState.ProgressOf(old) != ChannelState.ProgressOf(record)) Track(ChannelCodec.ProgressKey(name), before);
        foreach (var (step, known) in record.Steps)
        {
            if (old is null || !old.Steps.TryGetValue(step, out var was) || !ReferenceEquals(was, known)) Track(ChannelCodec.StepKey(name, step), before);
        }

        if (ReferenceEquals(old?.Children, record.Children)) return;
        foreach (var child in record.Children.Keys.Union(old?.Children.Keys ?? []))
        {
            if (!ReferenceEquals(old?.Children.GetValueOrDefault(child), record.Children.GetValueOrDefault(child))) Track(ChannelCodec.ChildKey(name, child), before);
        }
    }

    /// <summary>Forgets all of an ended run but its stub, and the oldest stub when there are too many.</summary>
    public void Archive(RunRecord record, RunEnd end)
    {
        var before = State;
        var accepted = record.Accepted;
        var name = accepted.Run.Name;
        State = State with { Runs = State.Runs.Archive(new(accepted.Run, accepted.Task.Id, accepted.TaskHash, accepted.AcceptedAt, end)) };
        Track(ChannelCodec.RunKey(name), before);
        Track(ChannelCodec.ProgressKey(name), before);
        foreach (var step in record.Steps.Keys) Track(ChannelCodec.StepKey(name, step), before);
        foreach (var child in record.Children.Keys) Track(ChannelCodec.ChildKey(name, child), before);
        Track(ChannelCodec.StubKey(name), before);
        if (State.Runs.StubOrder.Count > RunTable.StubsMax) Forget(State.Runs.Stubs[State.Runs.StubOrder[0].Run]);
    }

    /// <summary>Forgets an archived run.</summary>
    public void Forget(RunStub stub)
    {
        var before = State;
        State = State with { Runs = State.Runs.Forget(stub) };
        Track(ChannelCodec.StubKey(stub.Run.Name), before);
    }

    /// <summary>Remembers an answer; the oldest leave when there are too many.</summary>
    public void Put(Memo memo)
    {
        var before = State;
        State = State with { Memos = State.Memos.With(memo) };
        Track(ChannelCodec.MemoKey(memo.Name), before);
        while (State.Memos is { IsOverfull: true, Oldest: { } oldest }) Forget(oldest);
    }

    /// <summary>Forgets an answer.</summary>
    public void Forget(Memo memo)
    {
        var before = State;
        State = State with { Memos = State.Memos.Without(memo) };
        Track(ChannelCodec.MemoKey(memo.Name), before);
    }

    /// <summary>Remembers more of the kept history; makes no version. Says whether there was room, and nothing missing in between.</summary>
    public bool Remember(IReadOnlyList<(Change Change, ImmutableArray<ContextEntry> Before)> oldestFirst)
    {
        var before = State.Log.RememberedFrom;
        State = State with { Log = State.Log.Remember(oldestFirst) };
        return State.Log.RememberedFrom < before;
    }

    /// <summary>Makes an empty channel in the place of one that is gone.</summary>
    public void StartOver(ChannelRecord record)
    {
        Put(record);
        State = State with { Log = State.Log.StartOver() };
    }

    /// <summary>Says something to listeners beside the commits.</summary>
    public void Notify(string type, object body) => Notify(new(State.Log.Head, 0, type, Now, JsonValue.From(body)));

    /// <inheritdoc cref="Notify(string, object)"/>
    public void Notify(ChannelNotice notice) => _notices.Add(notice);

    /// <summary>Ends the draft: what was tracked becomes an entry, and the operation is remembered with it.</summary>
    public void Finish(JournalOperation? operation = null)
    {
        Close(0, default);
        if (operation is null) return;
        if (_entries.Count == 0) _entries.Add(new(0, default, [], operation));
        else _entries[^1] = _entries[^1] with { Operation = operation };
    }

    private void Chain(byte[] line)
    {
        _audit.Add(line);
        State = State with { Audit = State.Audit.Next(line) };
    }

    private void Close(long version, ReadOnlyMemory<byte> note)
    {
        if (_changes.Count == 0 && version == 0) return;
        _entries.Add(new(version, note, [.. _changes]));
        _changes.Clear();
    }

    private void Track(string key, ChannelState before)
    {
        var old = before.Encode(key);
        var made = State.EncodeAnew(key);
        State = State.WithWritten(key, made);
        if (old is null && made is null) return;
        _changes.Add(new(key, old, made));
    }
}
