using Rosud.Audit;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

// Reading and changing the context.
internal sealed partial class ChannelGrain
{
    private const int PageMax = 500;

    private long _reads;   // Of this activation: to keep it, every read would cost a write.

    public async Task<PatchOutcome> Commit(ContextPatch patch)
    {
        var bytes = 256 + patch.Writes.Sum(write => write.Key.Value.Length + (write.Value?.Length ?? 0));
        if (!_intents.IsEmpty) await _intents.Free(null, patch.Writes);
        if (_past is not null) await _past.Reach(patch);
        var outcome = await Written(draft => PatchDecision.Decide(draft, patch), bytes);
        ChannelMeter.Patched(outcome);
        return outcome;
    }

    public async Task<ReadOutcome> Read(ContextQuery query)
    {
        CountRead();
        if (query.Consistency == ReadConsistency.Confirmed) return await Read(query, await Confirmed());
        var outcome = await Read(query, await Plain());
        // A refusal is confirmed however the question was asked: this activation may not be the one any more.
        return outcome is ReadOutcome.Refused ? await Read(query, await Confirmed()) : outcome;
    }

    public async Task<ChangesOutcome> Changes(ContextVersion after, int limit)
    {
        CountRead();
        var state = await Confirmed();
        if (Absent(state, after) is { } problem) return new ChangesOutcome.Refused(problem);
        return new ChangesOutcome.Found(await ContextHistory.Changes(_journal, state, after, Math.Clamp(limit, 1, PageMax)));
    }

    public async Task<DiffOutcome> Diff(DiffQuery query)
    {
        CountRead();
        var state = await Confirmed();
        if (Absent(state, query.To is { } to && to > query.From ? to : query.From) is { } problem) return new DiffOutcome.Refused(problem);
        return query.From > (query.To ?? state.Log.Head)
            ? new DiffOutcome.Refused(Problem.Invalid("from", "from is the older of the two versions: it must not be after to."))
            : await ContextDifference.Read(_journal, state, query);
    }

    public async Task<BlameOutcome> Blame(BlameQuery query)
    {
        CountRead();
        var state = await Confirmed();
        if (Absent(state, query.UpTo ?? ContextVersion.None) is { } problem) return new BlameOutcome.Refused(problem);
        return await new KeyHistory(_journal, state, query.Key).Read(query.UpTo, Math.Clamp(query.Limit, 1, PageMax));
    }

    public Task Listened()
    {
        CountRead();
        return Task.CompletedTask;
    }

    public async Task<ConflictsOutcome> Conflicts(long after, int limit)
    {
        CountRead();
        var state = await Confirmed();
        return state.Exists
            ? ConflictPages.Of(state.Log, after, Math.Clamp(limit, 1, PageMax))
            : new ConflictsOutcome.Refused(ChannelRules.NotFound);
    }

    public async Task<PatchOutcome> Resolve(Resolution resolution)
    {
        var outcome = await Written(draft => PatchDecision.Resolve(draft, resolution), 512 + (resolution.Value?.Length ?? 0));
        ChannelMeter.Patched(outcome);
        return outcome;
    }

    public async Task<AuditOutcome> Audit(AuditQuery query)
    {
        var state = await Confirmed();
        return state.Exists
            ? new AuditOutcome.Found(await new AuditPages(_journal, state, query).Read() with { ReadsCounted = _reads })
            : new AuditOutcome.Refused(ChannelRules.NotFound);
    }

    // SEMANTICS C16: what a caller reads is counted; only what an assignment is handed is chained. What the hosts read for themselves is neither.
    private void CountRead()
    {
        if (OwnReads.IsThis) return;
        _reads++;
        ChannelMeter.Read();
    }

    private async Task<ReadOutcome> Read(ContextQuery query, ChannelState state)
    {
        var wanted = query.Version is { } version && (query.MinVersion is not { } least || version > least) ? version : query.MinVersion ?? ContextVersion.None;
        if (Absent(state, wanted) is { } problem) return new ReadOutcome.Refused(problem);
        return query.Version is { } past && past < state.Log.Head
            ? await ContextHistory.ReadAt(_journal, state, past, query.Keys)
            : new ReadOutcome.Found(ContextHistory.ReadNow(state, query.Keys, clock.GetUtcNow()));
    }

    private async Task<PatchOutcome> Written(Func<Draft, PatchOutcome> decide, int bytes)
    {
        try
        {
            return await Decide(decide, bytes);
        }
        catch (RecordTooLargeException fault)
        {
            return new PatchOutcome.Refused(new(ProblemKind.PayloadTooLarge, fault.Message));
        }
    }

    // Why there is nothing to read at this version; null when there is.
    private static Problem? Absent(ChannelState state, ContextVersion wanted) =>
        !state.Exists ? ChannelRules.NotFound
        : wanted > state.Log.Head ? new(ProblemKind.VersionAhead, "The context has not come so far.") { Version = state.Log.Head.Number }
        : null;
}
