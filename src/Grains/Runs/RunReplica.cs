using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>What a driver knows of the keys that its run reads: exact at <see cref="Version"/>, or it says that it has missed something.</summary>
internal sealed class RunReplica(IEnumerable<KeyPattern> interest)
{
    private readonly ImmutableArray<KeyPattern> _interest = [.. interest.Distinct()];
    private readonly SortedDictionary<ContextKey, ContextEntry> _entries = [];
    private readonly Dictionary<ContextKey, ContextVersion> _versions = [];   // Deletions too.
    private ContextVersion _heard;
    private bool _isDoubtful;

    public ImmutableArray<KeyPattern> Interest => _interest;

    public ContextVersion Version { get; private set; }

    /// <summary>A later version exists and what lies between is not known: read anew before handing anything out.</summary>
    public bool HasGap => _isDoubtful || _heard > Version;

    public ContextEntry? Find(ContextKey key) => _entries.GetValueOrDefault(key);

    /// <summary>Takes a reading of the whole interest, unless it is older than what is known.</summary>
    public void Load(ContextView view)
    {
        if (view.Version < Version || view.Version < _heard) return;
        var expired = view.Expired.IsDefaultOrEmpty ? [] : view.Expired.ToHashSet();
        _isDoubtful = false;
        _entries.Clear();
        _versions.Clear();
        foreach (var entry in view.Entries)
        {
            if (!expired.Contains(entry.Key) && IsOfInterest(entry.Key)) _entries[entry.Key] = entry;
        }

        Version = view.Version;
        Hear(Version);
    }

    /// <summary>Takes consecutive changes that a record of this run made.</summary>
    public void Apply(ImmutableArray<Change> changes)
    {
        if (!changes.IsDefaultOrEmpty) Apply(new(changes[0].Version.Number - 1), changes[^1].Version, changes);
    }

    /// <summary>Takes the changes between two versions; when something before them is missing they only show that there is a gap.</summary>
    public void Apply(ContextVersion from, ContextVersion to, ImmutableArray<Change> changes)
    {
        Hear(to);
        foreach (var change in changes)
        {
            foreach (var write in change.Writes) Put(change, write);
        }

        if (from <= Version && to > Version) Version = to;
    }

    /// <summary>Something was written that is not known: what is known is no longer exact at its version.</summary>
    public void Doubt() => _isDoubtful = true;

    /// <summary>The entries that <paramref name="reads"/> name.</summary>
    public ContextView View(ImmutableArray<StepRead> reads, Func<ContextEntry, bool> isHidden)
    {
        var found = new SortedDictionary<ContextKey, ContextEntry>();
        foreach (var read in reads)
        {
            if (read.Key.IsExact)
            {
                if (Find(new(read.Key.Value)) is { } entry) found[entry.Key] = entry;
                continue;
            }

            foreach (var (key, entry) in _entries)
            {
                if (read.Key.Matches(key)) found[key] = entry;
            }
        }

        return new(Version, [.. found.Values.Where(entry => !isHidden(entry))]);
    }

    /// <summary>This version exists.</summary>
    public void Hear(ContextVersion version) => _heard = version > _heard ? version : _heard;

    private bool IsOfInterest(ContextKey key) => _interest.Any(pattern => pattern.Matches(key));

    private void Put(Change change, ContextWrite write)
    {
        if (!IsOfInterest(write.Key) || change.Version <= _versions.GetValueOrDefault(write.Key) || Find(write.Key)?.Version >= change.Version) return;
        _versions[write.Key] = change.Version;
        if (write.Value is null)
        {
            _entries.Remove(write.Key);
            return;
        }

        _entries[write.Key] = new()
        {
            Key = write.Key,
            Value = write.Value,
            Version = change.Version,
            Created = Find(write.Key)?.Created ?? change.Version,
            Origin = change.Origin,
            CommittedAt = change.CommittedAt,
            Provisional = change.Provisional,
        };
    }
}

/// <summary>Compares what an attempt was handed with what there is.</summary>
internal static class ViewDifference
{
    /// <summary>Keys that came, went or have another hash, except those that the step itself wrote.</summary>
    public static ImmutableArray<ContextKey> Between(ContextView before, ContextView after, RunId run, string step)
    {
        var old = before.Entries.ToDictionary(entry => entry.Key);
        var changed = new SortedSet<ContextKey>();
        var mine = new Origin("", run.Name, step);
        foreach (var entry in after.Entries)
        {
            var same = old.Remove(entry.Key, out var seen) && (seen.Version == entry.Version || seen.Value.Hash == entry.Value.Hash);
            if (!same && !entry.Origin.IsSameStep(mine)) changed.Add(entry.Key);
        }

        changed.UnionWith(old.Keys);
        return [.. changed];
    }
}
