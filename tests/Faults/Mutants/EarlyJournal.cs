using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Mutants;

/// <summary>A journal that says that a batch is durable before it is.</summary>
/// <param name="inner">The journal.</param>
/// <param name="later">What lies between saying so and writing.</param>
internal sealed class EarlyJournal(IJournal inner, Func<Task> later) : IJournal
{
    private Task _writing = Task.CompletedTask;

    public long OldestVersion => inner.OldestVersion;

    public IReadOnlyList<long> LogStarts => inner.LogStarts;

    public Task<bool> Exists() => inner.Exists();

    public Task<JournalRecovery> Activate(CancellationToken cancellationToken) => inner.Activate(cancellationToken);

    public Task Append(IReadOnlyList<JournalEntry> entries, IJournaled after)
    {
        if (_writing.IsFaulted) return _writing;
        _writing = Write(_writing, entries, after);
        return Task.CompletedTask;
    }

    public Task Confirm() => inner.Confirm();

    public JournalOperation? FindOperation(ContentHash id) => inner.FindOperation(id);

    public async Task<IReadOnlyList<JournalEntry>> History(long afterVersion, int limit)
    {
        await _writing;
        return await inner.History(afterVersion, limit);
    }

    public async Task<LogPart> ReadLog(long afterPosition)
    {
        await _writing;
        return await inner.ReadLog(afterPosition);
    }

    public async Task Erase()
    {
        await _writing;
        await inner.Erase();
    }

    public async Task Deactivate(CancellationToken cancellationToken)
    {
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await inner.Deactivate(cancellationToken);
    }

    private async Task Write(Task before, IReadOnlyList<JournalEntry> entries, IJournaled after)
    {
        await later();
        await before;
        await inner.Append(entries, after);
    }
}
