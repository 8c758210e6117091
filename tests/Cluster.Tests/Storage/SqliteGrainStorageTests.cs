using CsCheck;
using Orleans.Storage;

namespace Rosud.Storage;

public sealed class SqliteGrainStorageTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("channel", "default/c1");

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_absent_record_is_empty_and_has_no_etag()
    {
        var found = await Read();

        Assert.Null(found.ETag);
        Assert.False(found.RecordExists);
        Assert.Equal("", found.State!.Text);
    }

    [Fact]
    public async Task A_record_is_there_after_the_store_was_opened_again()
    {
        var written = await Write("plan", etag: null);
        _folder.Reopen();

        var found = await Read();

        Assert.Equal(("plan", written, true), (found.State!.Text, found.ETag, found.RecordExists));
    }

    [Fact]
    public async Task A_null_etag_only_inserts()
    {
        await Write("first", etag: null);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Write("second", etag: null));
        Assert.Equal("first", (await Read()).State!.Text);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("0")]
    [InlineData("not-a-number")]
    public async Task A_write_under_another_etag_changes_nothing(string etag)
    {
        await Write("first", etag: null);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Write("second", etag));
        Assert.Equal("first", (await Read()).State!.Text);
    }

    [Fact]
    public async Task A_write_to_an_absent_record_under_an_etag_changes_nothing()
    {
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write("ghost", "1"));
        Assert.Null((await Read()).ETag);
    }

    [Fact]
    public async Task A_cleared_record_is_empty_and_its_old_etags_stay_dead()
    {
        var first = await Write("secret", etag: null);
        var cleared = new GrainState<Note>(new(), first);
        await _folder.Grains().ClearStateAsync("note", Grain, cleared);

        Assert.False((await Read()).RecordExists);
        Assert.Equal(cleared.ETag, (await Read()).ETag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write("again", etag: null));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write("again", first));
        Assert.NotEqual(first, await Write("again", cleared.ETag));
    }

    [Fact]
    public async Task Names_grains_and_stores_keep_their_records_apart()
    {
        await Write("here", etag: null);

        Assert.Null((await Read(name: "other")).ETag);
        Assert.Null((await Read(grain: GrainId.Create("channel", "default/c2"))).ETag);
        var elsewhere = new GrainState<Note>();
        await _folder.Grains("PubSubStore").ReadStateAsync("note", Grain, elsewhere);
        Assert.Null(elsewhere.ETag);
    }

    [Fact]   // The model is a cell that remembers every ETag it ever gave.
    public Task Etags_never_come_back() =>
        Gen.Select(Gen.Bool, Gen.Bool).Array[1, 30].SampleAsync(async steps =>
        {
            using var folder = new StoreFolder();
            var seen = new HashSet<string>();
            var state = new GrainState<Note>(new());
            foreach (var (clear, rereads) in steps)
            {
                if (rereads) await folder.Grains().ReadStateAsync("note", Grain, state);
                await (clear ? folder.Grains().ClearStateAsync("note", Grain, state) : folder.Grains().WriteStateAsync("note", Grain, state));
                Assert.True(seen.Add(state.ETag!));
            }
        }, iter: 20, threads: 1);

    [Fact]
    public async Task Of_many_writers_that_saw_the_same_etag_one_wins()
    {
        var seen = await Write("base", etag: null);

        var races = Enumerable.Range(0, 100).Select(i => Try($"writer {i}", seen));
        var won = (await Task.WhenAll(races)).Where(text => text is not null);

        Assert.Equal((await Read()).State!.Text, Assert.Single(won));
    }

    [Fact]   // One that fails takes the others with it: that is how a caller can see one transaction.
    public async Task Writes_that_wait_together_are_one_transaction()
    {
        using var entered = new SemaphoreSlim(0);
        using var gate = new ManualResetEventSlim();
        var first = _folder.Store.Write(_ =>
        {
            entered.Release();
            gate.Wait();
            return 0;
        });
        await entered.WaitAsync();
        var waiting = Enumerable.Range(0, 100)
            .Select(i => _folder.Store.Write(session => i == 99 ? throw new InvalidOperationException("broken") : Insert(session, $"record {i}")))
            .ToArray();
        gate.Set();
        await first;

        foreach (var write in waiting) await Assert.ThrowsAsync<StoreWriteException>(() => write);
        Assert.Empty(await AllRecords());
    }

    [Fact]
    public async Task A_failed_transaction_keeps_nothing_and_the_next_one_works()
    {
        await Assert.ThrowsAsync<StoreWriteException>(() => _folder.Store.Write<int>(session =>
        {
            Insert(session, "half");
            throw new InvalidOperationException("broken");
        }));

        Assert.Empty(await AllRecords());
        await Write("whole", etag: null);
        Assert.Equal("whole", (await Read()).State!.Text);
    }

    [Fact]
    public void A_second_host_cannot_have_the_folder()
    {
        var refused = Assert.Throws<StoreUnusableException>(() => SqliteStore.Open(_folder.Folder));

        Assert.Contains("another process", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void A_file_where_the_folder_should_be_is_refused()
    {
        var file = Path.Combine(_folder.Folder, "file");
        File.WriteAllText(file, "");

        Assert.Contains(file, Assert.Throws<StoreUnusableException>(() => SqliteStore.Open(file)).Message, StringComparison.Ordinal);
    }

    private static int Insert(SqliteSession session, string name) =>
        session.Execute("INSERT INTO records (store, grain, name, etag) VALUES ('s', 'g', $0, 1)", name);

    private Task<List<string>> AllRecords() =>
        _folder.Store.Read(session => session.Rows("SELECT name FROM records", row => row.GetString(0)));

    private async Task<string?> Try(string text, string etag)
    {
        try
        {
            await Write(text, etag);
            return text;
        }
        catch (InconsistentStateException)
        {
            return null;
        }
    }

    private async Task<string> Write(string text, string? etag)
    {
        var state = new GrainState<Note>(new() { Text = text }, etag);
        await _folder.Grains().WriteStateAsync("note", Grain, state);
        return state.ETag!;
    }

    private async Task<GrainState<Note>> Read(string name = "note", GrainId? grain = null)
    {
        var state = new GrainState<Note>();
        await _folder.Grains().ReadStateAsync(name, grain ?? Grain, state);
        return state;
    }
}
