using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Decides what makes, changes and ends a channel.</summary>
internal static class ChannelRules
{
    /// <summary>The most agents of a channel.</summary>
    public const int AgentsMax = 1_000;

    /// <summary>How long the name of a deleted channel cannot be used.</summary>
    public static readonly TimeSpan NameRests = TimeSpan.FromHours(24);

    private const int PurgeMax = 200;
    private const long PurgeBytesMax = 1024 * 1024;
    private const int MemosPerRecord = (int)(PurgeBytesMax / Memo.BytesMax);

    public static Problem NotFound { get; } = new(ProblemKind.NotFound, "There is no such channel.");

    /// <summary>What is wrong with a spec, all of it.</summary>
    public static ImmutableArray<ProblemError> Check(ImmutableArray<string> agents, ContextSync sync)
    {
        var errors = ImmutableArray.CreateBuilder<ProblemError>();
        if (agents.Length > AgentsMax) errors.Add(new("/agents", $"A channel has at most {AgentsMax} agents.", "too_many"));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < agents.Length; i++)
        {
            if (!Names.IsValid(agents[i])) errors.Add(new($"/agents/{i}", "A name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.", "invalid_name"));
            else if (!seen.Add(agents[i])) errors.Add(new($"/agents/{i}", "The agent is named twice.", "duplicate"));
        }

        errors.AddRange(ContextSyncRules.Faults(sync));
        return errors.ToImmutable();
    }

    public static ChannelOutcome Create(Draft draft, ChannelId id, ChannelSpec spec, OperationKey? operation = null)
    {
        if (draft.State.Record is not { DeletedAt: not null }) return Once(draft, operation, () => Create(draft, id, spec));
        var outcome = Create(draft, id, spec);   // What made the channel that is gone says nothing of the next.
        if (outcome is ChannelOutcome.Found) Operations.Keep(draft, operation, outcome);
        return outcome;
    }

    private static ChannelOutcome Create(Draft draft, ChannelId id, ChannelSpec spec)
    {
        switch (draft.State.Record)
        {
            case { DeletedAt: null } there:
                return SameSpec(draft.State, there.Spec, spec)
                    ? new ChannelOutcome.Found(View(id, draft.State), false)
                    : Refuse(new(ProblemKind.AlreadyExists, "A channel of this name exists with another configuration."));
            case { DeletedAt: { } deletedAt } when draft.Now - deletedAt < NameRests:
                return Refuse(new(ProblemKind.AlreadyExists, "A channel of this name was deleted less than 24 hours ago.")
                {
                    RetryAfter = NameRests - (draft.Now - deletedAt),
                });
            case var old:
                if (IsLeftOver(draft.State)) return Refuse(new(ProblemKind.AlreadyExists, "The deleted channel of this name is still being emptied.") { RetryAfter = TimeSpan.FromSeconds(1) });
                var versionBase = (old?.Base ?? 0) + draft.State.Log.Head.Number;
                draft.StartOver(new ChannelRecord(spec, draft.Now, versionBase));
                if (draft.State.IsAudited) draft.Audit("made");
                return new ChannelOutcome.Found(View(id, draft.State), true);
        }
    }

    public static ChannelOutcome Configure(Draft draft, ChannelId id, ImmutableArray<string>? agents, ContextSync? sync, OperationKey? operation = null) => !draft.State.Exists
        ? Refuse(NotFound)
        : Once(draft, operation, () => Configure(draft, id, agents, sync));

    private static ChannelOutcome.Found Configure(Draft draft, ChannelId id, ImmutableArray<string>? agents, ContextSync? sync)
    {
        var spec = draft.State.Record!.Spec;
        var next = spec with { Agents = agents ?? spec.Agents, Sync = sync ?? spec.Sync };
        if (!SameSpec(draft.State, spec, next)) draft.Put(draft.State.Record with { Spec = next });
        if (spec.Sync.Audit != next.Sync.Audit) draft.Audit(next.Sync.Audit ? "switched_on" : "switched_off");
        return new ChannelOutcome.Found(View(id, draft.State), false);
    }

    public static ChannelOutcome Delete(Draft draft)
    {
        if (draft.State.Record is null) return Refuse(NotFound);
        if (!draft.State.Exists) return new ChannelOutcome.Deleted();
        draft.Put(draft.State.Record! with { DeletedAt = draft.Now });
        if (draft.State.IsAudited) draft.Audit("deleted");
        return new ChannelOutcome.Deleted();
    }

    /// <summary>Forgets some of what a deleted channel left behind. True while there is more.</summary>
    public static bool Purge(Draft draft)
    {
        if (!IsEmptying(draft.State)) return false;   // It was made again meanwhile.
        // First one after another the runs that are open: their drivers hear the end before they are forgotten.
        if (draft.State.Runs.Open.FirstOrDefault() is { } open)
        {
            RunRules.EndNow(draft, open, RunStatus.Canceled, "The channel was deleted.", []);
            return true;
        }

        draft.Cause = new("The channel was deleted.");
        var keys = SomeKeys(draft.State.Log);
        if (keys.Count > 0) draft.Commit([.. keys.Select(key => new ContextWrite(key, null))], new(Origin.Platform));
        else if (draft.State.Log.Parked.Count > 0) foreach (var parked in SomeParked(draft.State.Log)) draft.Forget(parked);
        else if (draft.State.Runs.Live.Values.FirstOrDefault() is { End: { } end } run) draft.Archive(run, end);
        else if (draft.State.Memos.Count > 0) for (var i = 0; i < MemosPerRecord && draft.State.Memos.Oldest is { } memo; i++) draft.Forget(memo);
        return IsLeftOver(draft.State) && !IsOnlyArchives(draft.State);
    }

    /// <summary>The archives of these runs of a deleted channel are empty.</summary>
    public static bool Forget(Draft draft, IEnumerable<RunStub> archived)
    {
        if (!IsEmptying(draft.State)) return false;
        foreach (var stub in archived) if (draft.State.Runs.Stubs.ContainsKey(stub.Run.Name)) draft.Forget(stub);
        return true;
    }

    /// <summary>Nothing of what a deleted channel held is in storage any more.</summary>
    public static bool Erased(Draft draft)
    {
        if (IsEmptying(draft.State)) draft.Put(draft.State.Record! with { IsErased = true });
        return true;
    }

    /// <summary>The channel is deleted, and what it held is not all out of storage yet.</summary>
    public static bool IsEmptying(ChannelState state) => state.Record is { DeletedAt: not null, IsErased: false };

    // Their runs' own records have to be emptied before they are forgotten here.
    private static bool IsOnlyArchives(ChannelState state) => state is { Log: { Count: 0, Parked.Count: 0 }, Runs.Live.Count: 0, Memos.Count: 0 };

    // As many as fit into one record with their values; at least one.
    private static List<ContextKey> SomeKeys(ContextLog log)
    {
        var keys = new List<ContextKey>();
        var bytes = 0L;
        foreach (var key in log.Keys.Take(PurgeMax))
        {
            bytes += log.Find(key)!.Value.Length;
            if (keys.Count > 0 && bytes > PurgeBytesMax) break;
            keys.Add(key);
        }

        return keys;
    }

    private static List<ParkedWrite> SomeParked(ContextLog log)
    {
        var bytes = 0L;
        return [.. log.Parked.After(0).Take(PurgeMax).TakeWhile((parked, i) => (bytes += ParkedWrites.SizeOf(parked)) <= PurgeBytesMax || i == 0)];
    }

    private static bool IsLeftOver(ChannelState state) => state.Log.Count > 0 || state.Log.Parked.Count > 0 || state.Runs.Live.Count > 0 || state.Runs.Stubs.Count > 0 || state.Memos.Count > 0;

    public static ChannelView View(ChannelId id, ChannelState state) =>
        new(id, state.Record!.Spec, state.Log.Head, state.Record.CreatedAt);

    private static ChannelOutcome Once(Draft draft, OperationKey? operation, Func<ChannelOutcome> evaluate) => Operations.Once(
        draft, operation, evaluate, outcome => outcome is ChannelOutcome.Found, Refuse, outcome => outcome is ChannelOutcome.Found found ? found with { IsReplay = true } : outcome);

    private static ChannelOutcome.Refused Refuse(Problem problem) => new(problem);

    // Records with arrays inside compare by reference; what is stored of them compares by value.
    private static bool SameSpec(ChannelState state, ChannelSpec one, ChannelSpec other) =>
        state.Codec.Write(one).Span.SequenceEqual(state.Codec.Write(other).Span);
}
