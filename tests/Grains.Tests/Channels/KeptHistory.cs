using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Channels;

/// <summary>The past of a journal in a list; counts how much of it is read.</summary>
internal sealed class KeptHistory : IJournal
{
    private readonly List<JournalEntry> _entries = [];

    public long OldestVersion { get; private set; } = 1;

    /// <summary>Entries that were handed out.</summary>
    public int EntriesRead { get; private set; }

    public void Add(JournalEntry entry)
    {
        if (entry.Version > 0) _entries.Add(entry);
    }

    /// <summary>Keeps only the entries from this version on.</summary>
    public void DropBefore(long version)
    {
        OldestVersion = version;
        _entries.RemoveAll(entry => entry.Version < version);
    }

    public Task<IReadOnlyList<JournalEntry>> History(long afterVersion, int limit)
    {
        IReadOnlyList<JournalEntry> page = [.. _entries.Where(entry => entry.Version > afterVersion).Take(limit)];
        EntriesRead += page.Count;
        return Task.FromResult(page);
    }

    public IReadOnlyList<long> LogStarts => throw new NotSupportedException();

    public Task<LogPart> ReadLog(long afterPosition) => throw new NotSupportedException();

    public Task Erase() => throw new NotSupportedException();

    public Task<bool> Exists() => throw new NotSupportedException();

    public Task<JournalRecovery> Activate(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task Append(IReadOnlyList<JournalEntry> entries, IJournaled after) => throw new NotSupportedException();

    public Task Confirm() => Task.CompletedTask;

    public JournalOperation? FindOperation(ContentHash id) => null;

    public Task Deactivate(CancellationToken cancellationToken) => throw new NotSupportedException();
}
