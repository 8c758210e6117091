using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Serialization;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>One channel without grain and storage: commands are decided one by one, and what its journal would hold is held in a dictionary.</summary>
internal sealed class ChannelWorld
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    private readonly ChannelCodec _codec;
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _live = [];
    private readonly Dictionary<ContentHash, JournalOperation> _operations = [];
    private long _version;

    /// <summary>The history as the journal keeps it.</summary>
    public KeptHistory History { get; } = new();

    public ChannelWorld(ContextSync sync, ContextLimits? limits = null)
    {
        _codec = new(Serializer, Options.Create(limits ?? ContextLimits.Default));
        State = Restored;
        Create(sync);
    }

    public ChannelId Id { get; } = new(TenantId.Default, "world");

    public ChannelState State { get; private set; }

    public DateTimeOffset Now { get; set; } = ContextFixture.Noon;

    /// <summary>Everything that listeners were told beside commits.</summary>
    public List<ChannelNotice> Notices { get; } = [];

    public List<Change> Commits { get; } = [];

    /// <summary>The channel as a new activation would find it.</summary>
    public ChannelState Restored => _codec.Restore(new(1, _version, _live));

    public ParkedWrite[] Parked => [.. State.Log.Parked.After(0)];

    public ChannelOutcome Create(ContextSync sync) => Do(draft => ChannelRules.Create(draft, Id, new() { Sync = sync }));

    public PatchOutcome Patch(ContextPatch patch) => Do(draft => PatchDecision.Decide(draft, patch));

    public PatchOutcome Resolve(Resolution resolution) => Do(draft => PatchDecision.Resolve(draft, resolution));

    public T Do<T>(Func<Draft, T> decide)
    {
        var draft = new Draft(State, Now, _operations.GetValueOrDefault);
        var answer = decide(draft);
        draft.Finish();
        foreach (var entry in draft.Entries) Land(entry);
        if (draft.AuditLines.Count > 0) Land(AuditRecord.Entry(State.Audit, draft.State.Audit, draft.AuditLines));
        Notices.AddRange(draft.Notices);
        Commits.AddRange(draft.Commits);
        State = draft.State;
        return answer;
    }

    /// <summary>The silo dies: all that is left is what the journal holds.</summary>
    public void Restart()
    {
        var remembering = ContextHistory.Remember(Restored, History);
        Assert.True(remembering.IsCompletedSuccessfully);
        State = remembering.GetAwaiter().GetResult();
    }

    /// <summary>A new base would hold exactly what the journal's changes add up to.</summary>
    public void AssertEncoded()
    {
        Assert.Equal(_live.Keys.Order(StringComparer.Ordinal), State.Keys.Order(StringComparer.Ordinal));
        Assert.All(_live, pair => Assert.Equal(Convert.ToHexString(pair.Value.Span), Convert.ToHexString(State.Encode(pair.Key)!.Value.Span)));
    }

    private void Land(JournalEntry entry)
    {
        if (entry.Version > 0) Assert.Equal(++_version, entry.Version);
        foreach (var (key, before, after) in entry.Changes)
        {
            Assert.Equal(_live.TryGetValue(key, out var there) ? Convert.ToHexString(there.Span) : null, before is { } bytes ? Convert.ToHexString(bytes.Span) : null);
            if (after is { } made) _live[key] = made;
            else _live.Remove(key);
        }

        History.Add(entry);
        if (entry.Operation is { } operation) _operations[operation.Id] = operation;
    }
}
