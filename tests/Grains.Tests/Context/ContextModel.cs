namespace Rosud.Context;

/// <summary>The slow, obvious context: a list of all commits, searched from the start.</summary>
internal sealed class ContextModel
{
    private readonly List<Change> _commits = [];

    public IReadOnlyList<Change> Commits => _commits;

    public ContextVersion Head => new(_commits.Count);

    public IEnumerable<ContextKey> EveryKey => _commits.SelectMany(commit => commit.Writes).Select(write => write.Key).Distinct().Order();

    public void Add(Change change)
    {
        Assert.Equal(Head.Next(), change.Version);
        _commits.Add(change);
    }

    public JsonValue? ValueAt(ContextKey key, ContextVersion version) => LastWrite(key, version) is { } commit ? ValueIn(commit, key) : null;

    public ContextKey[] KeysAt(ContextVersion version) => [.. EveryKey.Where(key => ValueAt(key, version) is not null)];

    public ContextEntry? EntryAt(ContextKey key, ContextVersion version)
    {
        if (ValueAt(key, version) is not { } value) return null;
        var written = LastWrite(key, version)!;
        var created = written.Version;
        while (created.Number > 1 && ValueAt(key, new(created.Number - 1)) is not null) created = new(created.Number - 1);
        return new()
        {
            Key = key,
            Value = value,
            Version = written.Version,
            Created = _commits.First(commit => commit.Version >= created && commit.Writes.Any(write => write.Key == key)).Version,
            Origin = written.Origin,
            CommittedAt = written.CommittedAt,
            Provisional = written.Provisional,
        };
    }

    /// <summary>The commits that the reader has not seen, that are not his own, and that made the key something else.</summary>
    public IReadOnlyList<Change> Foreign(ContextKey key, ContextVersion basedOn, Origin reader) =>
        [.. _commits.Where(commit => commit.Version.IsAfter(basedOn)
            && !commit.Origin.IsSameStep(reader)
            && commit.Writes.Any(write => write.Key == key)
            && !Equals(ValueAt(key, commit.Version), ValueAt(key, new(commit.Version.Number - 1))))];

    public bool IsChanged(ContextKey key, ContextVersion basedOn, Origin reader)
    {
        var seen = ValueAt(key, basedOn);
        if (Equals(seen, ValueAt(key, Head))) return false;
        return Foreign(key, basedOn, reader) is [.., var last] && !Equals(ValueIn(last, key), seen);
    }

    public DateTimeOffset FirstUnseen(ContextKey key, ContextVersion basedOn, Origin reader) =>
        Foreign(key, basedOn, reader).First(commit => !Equals(ValueIn(commit, key), ValueAt(key, basedOn))).CommittedAt;

    private static JsonValue? ValueIn(Change commit, ContextKey key) => commit.Writes.Single(write => write.Key == key).Value;

    private Change? LastWrite(ContextKey key, ContextVersion version) =>
        _commits.LastOrDefault(commit => commit.Version <= version && commit.Writes.Any(write => write.Key == key));
}
