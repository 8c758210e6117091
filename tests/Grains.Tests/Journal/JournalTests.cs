using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Rosud.Journal;

public sealed class JournalTests
{
    private readonly MemoryRecordStore _store = new();

    [Fact]
    public void What_was_appended_is_recovered() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        await owner.Set("a", "1");
        await owner.Set("b", "2");
        await owner.Set("a", null);

        var next = await JournalOwner.Open(_store);

        Assert.Equal(3, next.Version);
        Assert.Equal(["b"], next.Values.Keys);
        Assert.Equal("2", next.Values["b"]);
    });

    [Fact]
    public void Folds_and_bases_change_nothing_that_is_recovered() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        for (var i = 1; i <= 200; i++)
        {
            await owner.Set($"key{i * 7 % 23}", i % 5 == 0 ? null : i.ToString(CultureInfo.InvariantCulture), $"op{i}");
            if (i % 9 != 0) continue;
            var next = await JournalOwner.Open(_store);
            Assert.Equal(owner.Version, next.Version);
            Assert.Equal(owner.Values, next.Values);
            owner = next;
        }

        Assert.Contains("seg-4", _store.Names);
        Assert.Contains("page-3-7-1", _store.Names);
        Assert.DoesNotContain("log-8", _store.Names);
        Assert.DoesNotContain("seg-5", _store.Names);
    });

    [Fact]
    public void What_is_erased_is_in_no_record_any_more_and_the_log_goes_on() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        for (var i = 1; i <= 200; i++) await owner.Set($"key{i * 7 % 23}", $"secret {i}", $"op{i}");
        for (var i = 0; i < 23; i++) await owner.Set($"key{i}", i == 3 ? "kept" : null);

        await owner.Journal.Erase();

        Assert.DoesNotContain(_store.Names, name => _store.Contains(name, "secret"u8));
        Assert.Equal((owner.Version + 1, 0), (owner.Journal.OldestVersion, (await owner.Journal.History(0, 1_000)).Count));
        var next = await JournalOwner.Open(_store);
        Assert.Equal((owner.Version, "kept"), (next.Version, Assert.Single(next.Values).Value));
        for (var i = 1; i <= 50; i++) await next.Set("again", $"{i}");
        Assert.Equal("50", (await JournalOwner.Open(_store)).Values["again"]);
    });

    [Fact]
    public void An_erasure_that_dies_at_any_of_its_writes_loses_nothing_that_is_live_and_is_done_by_the_next() => OneThread.Run(async () =>
    {
        for (var dies = 1; ; dies++)
        {
            var storage = new MemoryRecordStore();
            var owner = await JournalOwner.Open(storage);
            for (var i = 1; i <= 40; i++) await owner.Set($"key{i * 7 % 23}", $"secret {i}");
            for (var i = 0; i < 23; i++) await owner.Set($"key{i}", i == 3 ? "kept" : null);
            var store = new CrashingStore(storage, dies + 2, dies % 2 == 0, new(dies));   // Two for the taking over.
            var dying = await JournalOwner.Open(store, time: new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(1) });
            var erasing = dying.Journal.Erase();
            await Task.WhenAny(erasing, store.Died);

            var next = await JournalOwner.Open(storage);
            Assert.Equal((owner.Version, "kept"), (next.Version, Assert.Single(next.Values).Value));
            await next.Journal.Erase();
            Assert.DoesNotContain(storage.Names, name => storage.Contains(name, "secret"u8));
            if (erasing.IsCompletedSuccessfully) return;
        }
    });

    [Fact]
    public void An_append_costs_one_write_and_no_read() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store, JournalOwner.Small with { FoldSlots = 7 });
        for (var i = 0; i < 20; i++) await owner.Set("a", "1");
        while (_store.Written[^1] != "head") await owner.Set("a", "1");
        var (writes, reads) = (_store.Written.Count, _store.Reads);

        for (var i = 0; i < 5; i++) await owner.Set("a", "1");

        Assert.Equal(5, _store.Written.Count - writes);
        Assert.Equal(0, _store.Reads - reads);
    });

    [Fact]
    public void An_older_activation_is_fenced_for_good() => OneThread.Run(async () =>
    {
        var old = await JournalOwner.Open(_store);
        await old.Set("a", "1");
        var next = await JournalOwner.Open(_store);

        await Assert.ThrowsAsync<JournalFencedException>(() => old.Set("a", "2"));
        await Assert.ThrowsAsync<JournalFencedException>(() => old.Set("a", "3"));
        await Assert.ThrowsAsync<JournalFencedException>(old.Journal.Confirm);
        await next.Set("a", "4");
        Assert.Equal("4", (await JournalOwner.Open(_store)).Values["a"]);
    });

    [Fact]
    public void A_confirm_of_a_stale_activation_throws_even_when_the_new_one_has_written_nothing_else() => OneThread.Run(async () =>
    {
        var old = await JournalOwner.Open(_store);
        await old.Journal.Confirm();
        await JournalOwner.Open(_store);

        await Assert.ThrowsAsync<JournalFencedException>(old.Journal.Confirm);
    });

    [Fact]
    public void An_unheard_write_is_found_and_counts_once() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        _store.AfterWrite = name =>
        {
            _store.AfterWrite = _ => { };
            throw new IOException($"The answer to {name} was lost.");
        };
        await owner.Set("a", "1");
        await owner.Set("a", "2");

        var next = await JournalOwner.Open(_store);
        Assert.Equal(2, next.Version);
        Assert.Equal([1L, 2L], (await next.Journal.History(0, 10)).Select(entry => entry.Version));
    });

    [Fact]
    public void A_refused_write_is_written_again() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        _store.BeforeWrite = name =>
        {
            _store.BeforeWrite = _ => Task.CompletedTask;
            throw new IOException($"{name} was not written.");
        };
        await owner.Set("a", "1");

        Assert.Equal("1", (await JournalOwner.Open(_store)).Values["a"]);
    });

    [Fact]
    public void A_full_ring_waits_for_the_fold() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.BeforeWrite = name => name.StartsWith("seg", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        for (var i = 0; i < 7; i++) await owner.Set("a", "1");

        var eighth = owner.Set("a", "8");
        Assert.False(eighth.IsCompleted);
        gate.SetResult();
        await eighth;

        Assert.Equal(8, (await JournalOwner.Open(_store)).Version);
    });

    [Theory, InlineData(3), InlineData(256)]
    public void History_is_the_kept_entries_with_what_was_there_before(int memoryEntries) => OneThread.Run(async () =>
    {
        var limits = JournalOwner.Small with { MemoryEntries = memoryEntries };
        var owner = await JournalOwner.Open(_store, limits);
        for (var i = 1; i <= 60; i++) await owner.Set("a", i.ToString(CultureInfo.InvariantCulture));
        var journal = (await JournalOwner.Open(_store, limits)).Journal;

        Assert.InRange(journal.OldestVersion, 60 - 10 - (2 * 7), 60 - 10 + 1);
        var kept = await journal.History(journal.OldestVersion - 1, 1000);
        Assert.Equal(Enumerable.Range((int)journal.OldestVersion, 61 - (int)journal.OldestVersion), kept.Select(entry => (int)entry.Version));
        Assert.All(kept, entry => Assert.Equal($"{entry.Version - 1}", Encoding.UTF8.GetString(entry.Changes[0].Before!.Value.Span)));
        Assert.Equal([50L, 51L], (await journal.History(49, 2)).Select(entry => entry.Version));
        Assert.Empty(await journal.History(60, 5));
    });

    [Fact]
    public void History_is_forgotten_with_time() => OneThread.Run(async () =>
    {
        var time = new FakeTimeProvider();
        var owner = await JournalOwner.Open(_store, JournalOwner.Small with { HistoryVersions = 1000, SegmentCells = 100 }, time);
        for (var i = 1; i <= 40; i++) await owner.Set("a", "1");
        Assert.Equal(1, owner.Journal.OldestVersion);
        time.Advance(TimeSpan.FromDays(8));
        for (var i = 1; i <= 16; i++) await owner.Set("a", "1");

        Assert.InRange(owner.Journal.OldestVersion, 33, 41);
    });

    [Fact]
    public void The_last_operations_are_remembered_with_their_answers() => OneThread.Run(async () =>
    {
        var time = new FakeTimeProvider();
        var owner = await JournalOwner.Open(_store, time: time);
        for (var i = 1; i <= 50; i++)
        {
            await owner.Set("a", "1", $"op{i}");
            if (i % 6 == 0) owner = await JournalOwner.Open(_store, time: time);
            for (var known = Math.Max(1, i - 5); known <= i; known++)
            {
                Assert.Equal($"answer to op{known}", Encoding.UTF8.GetString(owner.Journal.FindOperation(JournalOwner.Id($"op{known}"))!.Answer.Span));
            }

            Assert.Null(owner.Journal.FindOperation(JournalOwner.Id($"op{i - 6}")));
        }

        time.Advance(TimeSpan.FromHours(25));
        Assert.Null(owner.Journal.FindOperation(JournalOwner.Id("op50")));
    });

    [Fact]
    public void A_batch_keeps_run_records_beside_commits_and_gives_them_no_version() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        var record = owner.Entry("run", "accepted", "op") with { Version = 0 };
        await owner.Append(record, owner.Entry("a", "1"));
        await owner.Append(record with { Changes = [new("run", "accepted"u8.ToArray(), null)], Operation = null });

        var next = await JournalOwner.Open(_store);
        Assert.Equal(1, next.Version);
        Assert.Equal(["a"], next.Values.Keys);
        Assert.NotNull(next.Journal.FindOperation(JournalOwner.Id("op")));
        Assert.Single(await next.Journal.History(0, 10));
    });

    [Fact]
    public void A_batch_that_is_none_is_refused_and_changes_nothing() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        await Assert.ThrowsAsync<ArgumentException>(() => owner.Journal.Append([], null!));
        await Assert.ThrowsAsync<ArgumentException>(() => owner.Append(owner.Entry("a", "1") with { Version = 2 }));
        await Assert.ThrowsAsync<ArgumentException>(() => owner.Set("a", new string('x', 4200 * 1024)));
        await owner.Set("a", "1");

        Assert.Equal("1", (await JournalOwner.Open(_store)).Values["a"]);
    });

    [Fact]
    public void Large_entries_fold_into_segments_that_a_record_can_hold() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        for (var i = 0; i < 12; i++) await owner.Set($"key{i % 3}", new string((char)('a' + i), 900 * 1024));

        var next = await JournalOwner.Open(_store);
        Assert.Equal(owner.Values, next.Values);
    });

    [Fact]
    public void A_damaged_record_is_said_and_not_served() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        await owner.Set("a", "1");
        _store.Damage("log-1");

        await Assert.ThrowsAsync<InvalidDataException>(() => JournalOwner.Open(_store));
    });

    [Fact]
    public void A_stop_leaves_a_journal_that_takes_no_more() => OneThread.Run(async () =>
    {
        var owner = await JournalOwner.Open(_store);
        await owner.Set("a", "1");
        await owner.Journal.Deactivate(default);

        await Assert.ThrowsAsync<JournalFencedException>(() => owner.Set("a", "2"));
        Assert.Equal("1", (await JournalOwner.Open(_store)).Values["a"]);
    });
}
