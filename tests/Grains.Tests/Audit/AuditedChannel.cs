using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Tenants;

namespace Rosud.Audit;

/// <summary>A channel without its grain: the commit loop on a journal. Runs on <see cref="OneThread"/>.</summary>
internal sealed class AuditedChannel(CommitLoop loop, IJournal journal)
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();
    private static readonly ChannelId Id = new(TenantId.Default, "audited");

    public ChannelState State => loop.Durable;

    /// <summary>Recovers what the store has, as a new activation does.</summary>
    public static async Task<AuditedChannel> Open(IRecordStore store, JournalLimits? limits = null)
    {
        var journal = new Journal.Journal(store, limits ?? JournalOwner.Small, new FakeTimeProvider());
        var codec = new ChannelCodec(Serializer, Options.Create(ContextLimits.Default));
        var state = codec.Restore(await journal.Activate(default));
        return new(new(journal, state, new FakeTimeProvider(ContextFixture.Noon), _ => { }, _ => { }, _ => { }), journal);
    }

    public static async Task<AuditedChannel> Make(IRecordStore store, ContextSync? sync = null, JournalLimits? limits = null)
    {
        var channel = await Open(store, limits);
        await channel.Do(draft => ChannelRules.Create(draft, Id, new() { Sync = sync ?? new() }));
        return channel;
    }

    public Task<ChannelOutcome> Configure(ContextSync sync) => Do(draft => ChannelRules.Configure(draft, Id, null, sync));

    public async Task<T> Do<T>(Func<Draft, T> decide)
    {
        var answer = await loop.Decide(decide);
        await Task.Yield();
        return answer;
    }

    public Task<PatchOutcome> Set(string key, string json, string? operation = null) =>
        Do(draft => PatchDecision.Decide(draft, new() { Writes = [ContextFixture.Set(key, json)], Origin = new("writer"), OperationId = operation, Caller = "operator" }));

    public Task<PatchOutcome> Delete(string key) => Do(draft => PatchDecision.Decide(draft, new() { Writes = [ContextFixture.Delete(key)], Origin = new("writer") }));

    public Task<AuditPage> Page(AuditQuery query) => new AuditPages(journal, State, query).Read();

    /// <summary>As the other, from storage that somebody has written to.</summary>
    public Task<AuditPage> Page(Func<ImmutableArray<JournalEntry>, ImmutableArray<JournalEntry>> tamper, AuditQuery? query = null) =>
        new AuditPages(new TamperedJournal(journal, tamper), State, query ?? new() { CheckValues = true }).Read();

    /// <summary>Everything that is kept, page by page, with each page checked against the one before.</summary>
    public async Task<(AuditHead Before, List<string> Lines)> All(int limit = 3)
    {
        var lines = new List<string>();
        AuditHead? before = null;
        AuditHead last = default;
        var query = new AuditQuery { Limit = limit, CheckValues = true };
        while (true)
        {
            var page = await Page(query);
            Assert.Null(page.Fault);
            before ??= last = page.Before;
            Assert.Equal(last, page.Before);
            foreach (var line in page.Entries)
            {
                last = last.Next(line.Entry.Span);
                Assert.Equal(last.Hash, line.Hash);
                lines.Add(System.Text.Encoding.UTF8.GetString(line.Entry.Span));
            }

            if (!page.More) break;
            query = query with { After = last.Number, From = lines.Count % 2 == 0 ? page.Position : null };   // Found again with and without the hint.
        }

        Assert.Equal(State.Audit, last);
        return (before.Value, lines);
    }
}

/// <summary>A journal whose batches somebody has changed behind its back.</summary>
internal sealed class TamperedJournal(IJournal journal, Func<ImmutableArray<JournalEntry>, ImmutableArray<JournalEntry>> tamper) : IJournal
{
    public IReadOnlyList<long> LogStarts => journal.LogStarts;

    public long OldestVersion => journal.OldestVersion;

    public async Task<LogPart> ReadLog(long afterPosition)
    {
        var part = await journal.ReadLog(afterPosition);
        return part with { Batches = [.. part.Batches.Select(tamper)] };
    }

    public Task<bool> Exists() => journal.Exists();

    public Task<JournalRecovery> Activate(CancellationToken cancellationToken) => journal.Activate(cancellationToken);

    public Task Append(IReadOnlyList<JournalEntry> entries, IJournaled after) => journal.Append(entries, after);

    public Task Confirm() => journal.Confirm();

    public JournalOperation? FindOperation(ContentHash id) => journal.FindOperation(id);

    public Task<IReadOnlyList<JournalEntry>> History(long afterVersion, int limit) => journal.History(afterVersion, limit);

    public Task Erase() => journal.Erase();

    public Task Deactivate(CancellationToken cancellationToken) => journal.Deactivate(cancellationToken);
}
