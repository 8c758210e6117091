using System.Collections.Immutable;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>
/// Decides commands in order, many to a record: takes what waits, evaluates it on a tentative value, appends one batch,
/// and only then lets anybody see it. Runs on its grain's scheduler.
/// </summary>
internal sealed class CommitLoop(IJournal journal, ChannelState recovered, TimeProvider clock, Action<CommitBatch> landed, Action<Exception> faulted, Action<Exception> fenced)
{
    /// <summary>Commands that may wait; one more is refused.</summary>
    public const int QueueMax = 10_000;

    /// <summary>Bytes of commands that may wait; a command beyond that is refused.</summary>
    public const int QueueBytesMax = 16 * 1024 * 1024;

    /// <summary>How long a command that is in no hurry waits for others to land with.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly Salts _salts = new();
    private readonly Queue<CommitCommand> _waiting = [];
    private CommitBatch? _next;   // Nothing when no record is on its way.
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

        var command = new CommitCommand<T>(decide, bytes);
        _waiting.Enqueue(command);
        _waitingBytes += bytes;
        if (_next is not null) Gather();
        else if (!isPatient) Hurry();
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

    // What arrives while a record is on its way is decided on what that record will have made, and is the next: it is sent first, and then those that landed hear of it.
    private async Task Flush()
    {
        await Task.Yield();   // Whatever was sent in the same turn goes into the same record.
        _next = new(Durable, journal, ImmutableDictionary<ContentHash, JournalOperation>.Empty);
        var before = default(CommitBatch);
        for (Gather(); _next.Commands.Count > 0 && _stopped is null; Gather())
        {
            var batch = _next;
            try
            {
                var writing = Write(batch);
                Tell(before);
                before = null;
                await writing;
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                Stop(batch, fault);   // Whatever it was, what landed is unknown here: the next activation asks storage.
                return;
            }

            Durable = batch.After;
            before = batch;
        }

        Tell(before);
        _next = null;
    }

    private async Task Write(CommitBatch batch)
    {
        var entries = batch.Close();
        _next = new(batch.After, journal, batch.Operations);
        if (entries.Count > 0) await journal.Append(entries, batch.After);
        else await journal.Confirm();
    }

    // What follows a record may fail without harm: it is durable and answered.
    private void Tell(CommitBatch? batch)
    {
        foreach (var command in batch?.Commands ?? []) command.Answer();
        try
        {
            if (batch is not null) landed(batch);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            faulted(fault);
        }
    }

    private void Gather()
    {
        while (_waiting.TryPeek(out var command) && _next!.TryTake(command, clock.GetUtcNow(), _salts.Next))
        {
            _waiting.Dequeue();
            _waitingBytes -= command.Bytes;
        }
    }

    private void Stop(CommitBatch batch, Exception fault)
    {
        _stopped = fault;
        foreach (var command in batch.Commands.Concat(_next!.Commands).Concat(_waiting)) command.Fail(Unknown(fault));
        _waiting.Clear();
        fenced(fault);
    }

    private static UnknownOutcomeException Unknown(Exception fault) =>
        new($"The channel moved while this was being written ({fault.Message}) Repeat it with the same operation id.");
}
