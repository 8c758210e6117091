using CsCheck;

namespace Rosud.Storage;

public sealed class SqliteReminderTableTests : IDisposable
{
    private static readonly DateTime Noon = new(2026, 5, 4, 12, 0, 0, DateTimeKind.Utc);

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_reminder_comes_back_whole_after_the_store_was_opened_again()
    {
        var grain = Channel(1);
        var etag = await Upsert(grain, "open-runs", TimeSpan.FromSeconds(61.5));
        _folder.Reopen();

        var found = await _folder.Reminders().ReadRow(grain, "open-runs");

        Assert.NotNull(found);
        Assert.Equal((grain, "open-runs", Noon, DateTimeKind.Utc, TimeSpan.FromSeconds(61.5), etag), (found.GrainId, found.ReminderName, found.StartAt, found.StartAt.Kind, found.Period, found.ETag));
    }

    [Fact]
    public async Task Upserting_replaces_and_gives_an_etag_that_never_was()
    {
        var first = await Upsert(Channel(1), "open-runs");
        await _folder.Reminders().RemoveRow(Channel(1), "open-runs", first);
        var second = await Upsert(Channel(1), "open-runs");
        var third = await Upsert(Channel(1), "open-runs");

        Assert.Equal(3, new HashSet<string> { first, second, third }.Count);
        Assert.Equal(third, Assert.Single((await _folder.Reminders().ReadRows(Channel(1))).Reminders).ETag);
    }

    [Fact]
    public async Task Only_the_newest_etag_removes()
    {
        var old = await Upsert(Channel(1), "open-runs");
        var newest = await Upsert(Channel(1), "open-runs");

        Assert.False(await _folder.Reminders().RemoveRow(Channel(1), "open-runs", old));
        Assert.False(await _folder.Reminders().RemoveRow(Channel(1), "other", newest));
        Assert.True(await _folder.Reminders().RemoveRow(Channel(1), "open-runs", newest));
        Assert.Null(await _folder.Reminders().ReadRow(Channel(1), "open-runs"));
    }

    [Fact]
    public async Task A_grain_has_its_own_reminders()
    {
        await Upsert(Channel(1), "open-runs");
        await Upsert(Channel(1), "other");
        await Upsert(Channel(2), "open-runs");

        var names = (await _folder.Reminders().ReadRows(Channel(1))).Reminders.Select(entry => entry.ReminderName);

        Assert.Equal(["open-runs", "other"], names.Order());
    }

    [Fact]   // The model is the definition: (begin, end], or everything outside (end, begin] when it wraps.
    public async Task A_range_holds_the_hashes_after_its_begin_up_to_its_end()
    {
        var all = Enumerable.Range(0, 40).Select(Channel).ToList();
        foreach (var grain in all) await Upsert(grain, "open-runs");
        uint[] edges = [0u, uint.MaxValue, .. all.Select(grain => grain.GetUniformHashCode())];
        var bound = Gen.OneOf(Gen.UInt, Gen.OneOf(edges));

        await Gen.Select(bound, bound).SampleAsync(async (begin, end) =>
        {
            var expected = all.Where(grain => grain.GetUniformHashCode() is var hash && (begin < end ? hash > begin && hash <= end : hash > begin || hash <= end));
            var found = (await _folder.Reminders().ReadRows(begin, end)).Reminders.Select(entry => entry.GrainId);
            Assert.Equal(expected.Order(), found.Order());
        }, iter: 200, threads: 1);
    }

    private static GrainId Channel(int number) => GrainId.Create("channel", $"default/c{number}");

    private async Task<string> Upsert(GrainId grain, string name, TimeSpan? period = null) =>
        (await _folder.Reminders().UpsertRow(new() { GrainId = grain, ReminderName = name, StartAt = Noon, Period = period ?? TimeSpan.FromMinutes(1) }))!;
}
