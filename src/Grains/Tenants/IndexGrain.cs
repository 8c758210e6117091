using System.Collections.Immutable;
using Orleans.Placement;
using Rosud.Journal;

namespace Rosud.Tenants;

/// <summary>One shard of a tenant's names, in a journal of its own: adding a name costs one small record, however many there are.</summary>
[GrainType("rosud.index"), HashBasedPlacement]
internal sealed class IndexGrain(IJournals journals) : Grain, IIndexGrain, IIndexPanel
{
    private NameSet _names = new([]);
    private IJournal _journal = null!;
    private bool _open;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _journal = journals.Open(this.GetGrainId());
        if (await _journal.Exists()) await Open();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _open ? _journal.Deactivate(cancellationToken) : Task.CompletedTask;

    public Task Add(string name) => _names.Names.Contains(name) ? Task.CompletedTask : Write(name, added: true);

    public Task Remove(string name) => _names.Names.Contains(name) ? Write(name, added: false) : Task.CompletedTask;

    public async Task<ImmutableArray<string>> List(string? after, int limit)
    {
        if (!_open && !await _journal.Exists()) return [];
        if (!_open) await Open();
        try
        {
            await _journal.Confirm();
        }
        catch (JournalFencedException)
        {
            DeactivateOnIdle();
            throw new UnknownOutcomeException("The index moved while it was being read. Read again.");
        }

        return _names.After(after, limit);
    }

    public Task<IndexState> GetState() => Task.FromResult(new IndexState(_names.Names.Count));

    // A list that nobody has written to yet leaves nothing behind.
    private async Task Open()
    {
        JournalRecovery recovery;
        try
        {
            recovery = await _journal.Activate(CancellationToken.None);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            DeactivateOnIdle();   // A journal is opened once: the next activation begins anew.
            throw new UnknownOutcomeException($"The index could not be opened: {fault.Message} Repeat it.");
        }

        _names = new(recovery.Live.Keys.ToImmutableSortedSet(StringComparer.Ordinal));
        _open = true;
    }

    private async Task Write(string name, bool added)
    {
        if (!_open) await Open();
        var next = new NameSet(added ? _names.Names.Add(name) : _names.Names.Remove(name));
        try
        {
            await _journal.Append([new(0, default, [new(name, _names.Encode(name), next.Encode(name))])], next);
        }
        catch (JournalFencedException)
        {
            DeactivateOnIdle();
            throw new UnknownOutcomeException("The index moved while this was being written. Repeat it.");
        }

        _names = next;
    }
}

/// <summary>Names in order: a value.</summary>
internal sealed record NameSet(ImmutableSortedSet<string> Names) : IJournaled
{
    public static readonly ReadOnlyMemory<byte> There = new byte[] { 1 };

    public IEnumerable<string> Keys => Names;

    public ReadOnlyMemory<byte>? Encode(string key) => Names.Contains(key) ? There : default(ReadOnlyMemory<byte>?);

    /// <summary>At most <paramref name="limit"/> names after <paramref name="after"/>; does not look at those before.</summary>
    public ImmutableArray<string> After(string? after, int limit)
    {
        var from = 0;
        if (after is not null)
        {
            var at = Names.IndexOf(after);
            from = at < 0 ? ~at : at + 1;
        }

        var count = Math.Min(Math.Max(limit, 0), Names.Count - from);
        return count <= 0 ? [] : [.. Enumerable.Range(from, count).Select(i => Names[i])];
    }
}
