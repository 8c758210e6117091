using Rosud.Audit;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>
/// Decides commands in order, many to a record: takes what waits, evaluates it on a tentative value, appends one batch,
/// and only then lets anybody see it. Runs on its grain's scheduler.
/// </summary>
internal sealed class CommitLoop(IJournal journal, ChannelState recovered, TimeProvider clock, Action<CommitLoop.Batch> landed, Action<Exception> faulted, Action<Exception> fenced)
{
    /// <summary>Commands that may wait; one more is refused.</summary>
    public const int QueueMax = 10_000;

    /// <summary>Bytes of commands that may wait; a command beyond that is refused.</summary>
    public const int QueueBytesMax = 16 * 1024 * 1024;

    /// <summary>How long a command that is in no hurry waits for others to land with.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private const int BatchMax = 512;
    private const int EntriesMax = JournalBatch.EntriesMax - 1;   // One is the audit's.

    private readonly Salts _salts = new();
    private readonly Queue<Command> _waiting = [];
    private int _waitingBytes;
    private Task _flushing = Task.CompletedTask;
    private Task _patience = Task.CompletedTask;
    private Exception? _stopped;

    /// <summary>What is durable. Assigned after a write only.</summary>
    public ChannelState Durable { get; private set; } = recovered;

    /// <summary>Decides one command in its turn.</summary>
    /// <param name="decide">Fills the draft and answers. Never runs beside another; may run again when it did not fit into a record. Throws only for faults of our own.</param>
    /// <param name="bytes">About how much it will write.</param>
    /// <param name="isPatient">It lands with the next command, or after <see cref="Patience"/>.</param>
    /// <returns>The answer, once what the draft did is durable; for a draft that did nothing, once it is certain that this activation is not a stale one.</returns>
    public Task<T> Decide<T>(Func<Draft, T> decide, int bytes = 512, bool isPatient = false)
    {
        if (_stopped is not null) return Task.FromException<T>(Unknown(_stopped));
        if (_waiting.Count >= QueueMax || _waitingBytes + bytes > QueueBytesMax)
        {
            return Task.FromException<T>(new OverloadedException("The channel's queue is full.", TimeSpan.FromMilliseconds(200)));
        }

        var command = new Command<T>(decide, bytes);
        _waiting.Enqueue(command);
        _waitingBytes += bytes;
        if (!isPatient) Hurry();
        else if (_patience.IsCompleted) _patience = Wait();
        return command.Answered;
    }

    /// <summary>Completes when nothing waits any more; what is in no hurry lands now.</summary>
    public Task Finish()
    {
        Hurry();
        return _flushing;
    }

    private void Hurry()
    {
        if (_waiting.Count > 0 && _flushing.IsCompleted) _flushing = Flush();
    }

    private async Task Wait()
    {
        await Task.Delay(Patience, clock);
        Hurry();
    }

    private async Task Flush()
    {
        await Task.Yield();   // Whatever was sent in the same turn goes into the same record.
        while (_waiting.Count > 0 && _stopped is null)
        {
            var batch = new Batch(Durable, Durable, [], [], [], []);
            try
            {
                batch = Evaluate();
                if (batch.Entries.Count > 0) await journal.Append(batch.Entries, batch.After);
                else await journal.Confirm();
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                Stop(batch, fault);   // Whatever it was, what landed is unknown here: the next activation asks storage.
                return;
            }

            Durable = batch.After;
            foreach (var command in batch.Commands) command.Answer();
            Announce(batch);
        }
    }

    // What follows a record may fail without harm: it is durable and answered.
    private void Announce(Batch batch)
    {
        try
        {
            landed(batch);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            faulted(fault);
        }
    }

    // Takes what waits as far as it fits into one record. What a command would do is only kept when it fits.
    private Batch Evaluate()
    {
        var taken = new List<Command>();
        var state = Durable;
        var entries = new List<JournalEntry>();
        var changes = new List<Change>();
        var notices = new List<ChannelNotice>();
        var operations = new Dictionary<ContentHash, JournalOperation>();
        var audit = new List<byte[]>();
        var bytes = AuditRecord.OverheadBytes;
        while (_waiting.TryPeek(out var command) && taken.Count < BatchMax)
        {
            var draft = new Draft(state, clock.GetUtcNow(), id => operations.GetValueOrDefault(id) ?? journal.FindOperation(id), _salts.Next);
            var isGood = command.Evaluate(draft);
            var size = draft.Entries.Sum(JournalBatch.SizeOf) + draft.AuditLines.Sum(line => line.Length + 1);
            if (isGood && (entries.Count + draft.Entries.Count > EntriesMax || bytes + size > JournalBatch.BytesMax))
            {
                if (taken.Count > 0) break;
                isGood = size <= JournalBatch.EntryBytesMax - AuditRecord.OverheadBytes && draft.Entries.Count <= EntriesMax;
                if (!isGood) command.Refuse(new RecordTooLargeException());
            }

            taken.Add(_waiting.Dequeue());
            _waitingBytes -= command.Bytes;
            if (!isGood) continue;
            bytes += size;
            state = draft.State;
            entries.AddRange(draft.Entries);
            audit.AddRange(draft.AuditLines);
            changes.AddRange(draft.Commits);
            notices.AddRange(draft.Notices);
            foreach (var operation in draft.Entries.Select(entry => entry.Operation).OfType<JournalOperation>()) operations[operation.Id] = operation;
        }

        if (audit.Count > 0) entries.Add(AuditRecord.Entry(Durable.Audit, state.Audit, audit));
        return new(Durable, state, taken, entries, changes, notices);
    }

    private void Stop(Batch batch, Exception fault)
    {
        _stopped = fault;
        foreach (var command in batch.Commands) command.Fail(Unknown(fault));
        foreach (var command in _waiting) command.Fail(Unknown(fault));
        _waiting.Clear();
        fenced(fault);
    }

    private static UnknownOutcomeException Unknown(Exception fault) =>
        new($"The channel moved while this was being written ({fault.Message}) Repeat it with the same operation id.");

    /// <summary>What one record did.</summary>
    internal sealed record Batch(
        ChannelState Before,
        ChannelState After,
        IReadOnlyList<Command> Commands,
        IReadOnlyList<JournalEntry> Entries,
        IReadOnlyList<Change> Changes,
        IReadOnlyList<ChannelNotice> Notices);

    internal abstract class Command(int bytes)
    {
        public int Bytes { get; } = bytes;

        public abstract bool Evaluate(Draft draft);

        public abstract void Answer();

        /// <summary>The command's answer is this fault; nothing of it is kept.</summary>
        public abstract void Refuse(Exception fault);

        public abstract void Fail(Exception fault);
    }

    private sealed class Command<T>(Func<Draft, T> decide, int bytes) : Command(bytes)
    {
        private readonly TaskCompletionSource<T> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _answer = default!;
        private Exception? _fault;

        public Task<T> Answered => _answered.Task;

        // A command that throws is a fault of ours: it alone fails, and nothing of its draft is kept.
        public override bool Evaluate(Draft draft)
        {
            _fault = null;
            try
            {
                _answer = decide(draft);
                draft.Finish();
                return true;
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                _fault = fault;
                return false;
            }
        }

        public override void Answer()
        {
            if (_fault is null) _answered.TrySetResult(_answer);
            else _answered.TrySetException(_fault);
        }

        public override void Refuse(Exception fault) => _fault = fault;

        public override void Fail(Exception fault) => _answered.TrySetException(fault);
    }
}
