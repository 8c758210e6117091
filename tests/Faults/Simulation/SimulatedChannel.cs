using Rosud.Channels;
using Rosud.Context;
using Rosud.Histories;
using Rosud.Journal;
using Rosud.Mutants;
using Rosud.Runs;

namespace Rosud.Simulation;

/// <summary>One activation of the channel: the product's own commit loop over its own journal. Each storage call waits until the schedule lets it happen.</summary>
internal sealed class SimulatedChannel : IRecordStore
{
    private readonly ChannelCodec _codec;
    private readonly TimeProvider _time;
    private readonly IJournal _journal;
    private readonly Action<ChannelUpdate> _publish;
    private readonly bool _forgetsTasks;
    private Action? _whenGone;
    private long _epoch;

    public SimulatedChannel(ChannelCodec codec, JournalLimits limits, TimeProvider time, string? mutant, Action<ChannelUpdate> publish)
    {
        (_codec, _time, _publish) = (codec, time, publish);
        _forgetsTasks = mutant == Mutant.VolatileTaskIds;
        var rules = mutant == Mutant.UnconfirmedReads ? JournalRules.All & ~JournalRules.Confirm : JournalRules.All;
        var journal = new Rosud.Journal.Journal(this, limits, time, rules);
        _journal = mutant == Mutant.EarlyAnswer ? new EarlyJournal(journal, async () => await Task.Yield()) : journal;
    }

    /// <summary>Storage calls that have not happened yet.</summary>
    public List<StorageCall> Calls { get; } = [];

    public CommitLoop? Loop { get; private set; }

    public bool IsGone { get; private set; }

    public Task<StoredRecord> Read(string name) => Add(new(name, null, null)).Reading.Task;

    public Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag) => Add(new(name, content, etag)).Writing.Task;

    /// <summary>It serves no more: what was asked of it is not answered.</summary>
    public void Die()
    {
        IsGone = true;
        _whenGone?.Invoke();
        _whenGone = null;
    }

    public async Task Open()
    {
        try
        {
            var recovery = await _journal.Activate(CancellationToken.None);
            _epoch = recovery.Epoch;
            var state = await ContextHistory.Remember(_codec.Restore(recovery), _journal);
            if (_forgetsTasks) state = state with { Runs = state.Runs with { ByTask = state.Runs.ByTask.Clear() } };
            Loop = new(_journal, state, _time, Landed, _ => { }, _ => Die());
        }
        catch (JournalFencedException)
        {
            Die();
        }
    }

    /// <summary>Decides as the channel's grain does; null when nobody knows what became of it.</summary>
    public async Task<PatchOutcome?> Commit(ContextPatch patch) => await Answered(Loop!.Decide(draft => PatchDecision.Decide(draft, patch)));

    public async Task<ChannelOutcome?> Create(ChannelId id) => await Answered(Loop!.Decide(draft => ChannelRules.Create(draft, id, new())));

    /// <summary>Accepts a run unless its task id stands for one; null when nobody knows what became of it.</summary>
    public async Task<CoordinateOutcome?> Coordinate(AcceptedRun run) => await Answered(Loop!.Decide(draft => RunRules.Accept(draft, run)));

    /// <summary>The runs that the log has, and the task that each is of; null when that could not be confirmed.</summary>
    public async Task<List<TaskRun>?> Runs()
    {
        var runs = Loop!.Durable.Runs.Live.Values.Select(run => new TaskRun(run.Accepted.Task.Id!, run.Accepted.Run.Name)).ToList();
        return await Answered(Confirmed(runs));
    }

    /// <summary>A confirmed read of everything; null when it could not be confirmed.</summary>
    public async Task<ContextView?> ReadAll()
    {
        var state = Loop!.Durable;
        return await Answered(Confirmed(ContextHistory.ReadNow(state, [], _time.GetUtcNow())));
    }

    public async Task<ChangePage?> Changes(ContextVersion after) => await Answered(ReadChanges(Loop!.Durable, after));

    private async Task<T> Confirmed<T>(T view)
    {
        await _journal.Confirm();
        return view;
    }

    private async Task<ChangePage> ReadChanges(ChannelState state, ContextVersion after)
    {
        await _journal.Confirm();
        return after > state.Log.Head ? new([], state.Log.Head, false) : await ContextHistory.Changes(_journal, state, after, 5);
    }

    // Not by WhenAny: its continuation would leave the schedule's thread.
    private Task<T?> Answered<T>(Task<T> answer)
        where T : class
    {
        var told = new TaskCompletionSource<T?>();
        _whenGone += () => told.TrySetResult(null);
        _ = Relay(answer, told);
        return told.Task;
    }

    private async Task Relay<T>(Task<T> answer, TaskCompletionSource<T?> told)
        where T : class
    {
        try
        {
            told.TrySetResult(await answer);
        }
        catch (Exception fault) when (fault is JournalFencedException or Tenants.UnknownOutcomeException)
        {
            Die();
            told.TrySetResult(null);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            told.TrySetException(fault);
        }
    }

    private void Landed(CommitBatch batch)
    {
        if (batch.Changes.Count == 0) return;
        _publish(new(batch.Before.Log.Head, batch.After.Log.Head, _epoch) { Changes = [.. batch.Changes], Notices = [] });
    }

    private StorageCall Add(StorageCall call)
    {
        if (!IsGone) Calls.Add(call);
        return call;
    }
}

/// <summary>A storage call that waits for its turn: a read, or a write when it has content.</summary>
internal sealed record StorageCall(string Name, ReadOnlyMemory<byte>? Content, string? ETag)
{
    public TaskCompletionSource<StoredRecord> Reading { get; } = new();

    public TaskCompletionSource<string> Writing { get; } = new();
}
