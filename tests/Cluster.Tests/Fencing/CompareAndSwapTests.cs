using Rosud.Journal;

namespace Rosud.Fencing;

/// <summary>What the journal needs of a store, of each store that there is: a record is written only under the ETag that it has.</summary>
public sealed class CompareAndSwapTests
{
    private static readonly GrainId Grain = GrainId.Create("channel", "default/swap");

    [Theory]
    [InlineData(TwoHalves.Memory)]
    [InlineData(TwoHalves.Sqlite)]
    [InlineData(TwoHalves.Redis)]
    [InlineData(TwoHalves.Postgres)]
    public async Task A_record_is_written_only_under_its_etag_and_by_one(string store)
    {
        await using var halves = await TwoHalves.Start(store);
        IRecordStore[] sides = [new GrainRecordStore(halves.Provider(0), Grain), new GrainRecordStore(halves.Provider(1), Grain)];
        Assert.Null((await sides[0].Read("r")).ETag);
        // Orleans' memory storage takes any ETag for a record that is not there. No record is ever deleted, so the journal has none to give.
        if (store != TwoHalves.Memory) await Assert.ThrowsAnyAsync<Exception>(() => sides[0].Write("r", "ghost"u8.ToArray(), "17"));

        var seen = new HashSet<string> { await sides[0].Write("r", "first"u8.ToArray(), null) };
        var old = seen.Single();
        await Assert.ThrowsAnyAsync<Exception>(() => sides[1].Write("r", "insert"u8.ToArray(), null));
        Assert.Equal("first"u8.ToArray(), (await sides[1].Read("r")).Content!.Value.ToArray());
        for (var round = 0; round < 20; round++)
        {
            var etag = (await sides[round % 2].Read("r")).ETag;
            var writers = Enumerable.Range(0, 8).Select(writer => Try(sides[writer % 2], $"{round} {writer}", etag));
            var won = Assert.Single((await Task.WhenAll(writers)).OfType<(string Text, string ETag)>());
            Assert.True(seen.Add(won.ETag), "An ETag came back.");
            Assert.Equal(won.Text, System.Text.Encoding.UTF8.GetString((await sides[(round + 1) % 2].Read("r")).Content!.Value.Span));
        }

        await Assert.ThrowsAnyAsync<Exception>(() => sides[0].Write("r", "late"u8.ToArray(), old));
    }

    [Theory]
    [InlineData(TwoHalves.Memory)]
    [InlineData(TwoHalves.Sqlite)]
    [InlineData(TwoHalves.Redis)]
    [InlineData(TwoHalves.Postgres)]
    public async Task Of_many_first_writes_of_a_record_at_once_one_wins(string store)
    {
        await using var halves = await TwoHalves.Start(store);
        IRecordStore[] sides = [new GrainRecordStore(halves.Provider(0), Grain), new GrainRecordStore(halves.Provider(1), Grain)];

        for (var round = 0; round < 20; round++)
        {
            var name = $"r{round}";
            var won = Assert.Single((await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Try(sides[writer % 2], $"{writer}", null, name)))).OfType<(string Text, string ETag)>());
            var found = await sides[0].Read(name);
            Assert.Equal((won.Text, won.ETag), (System.Text.Encoding.UTF8.GetString(found.Content!.Value.Span), found.ETag));
        }
    }

    [Theory]
    [InlineData(TwoHalves.Memory)]
    [InlineData(TwoHalves.Sqlite)]
    [InlineData(TwoHalves.Redis)]
    [InlineData(TwoHalves.Postgres)]
    public async Task Actors_of_two_kinds_with_one_name_have_each_their_own_record(string store)
    {
        await using var halves = await TwoHalves.Start(store);
        var agent = new GrainRecordStore(halves.Provider(0), GrainId.Create("agent", "default/planner"));
        var supervisor = new GrainRecordStore(halves.Provider(0), GrainId.Create("supervisor", "default/planner"));

        await agent.Write("value", "agent"u8.ToArray(), null);

        Assert.Null((await supervisor.Read("value")).ETag);
        await supervisor.Write("value", "supervisor"u8.ToArray(), null);
        Assert.Equal("agent"u8.ToArray(), (await agent.Read("value")).Content!.Value.ToArray());
    }

    private static async Task<(string Text, string ETag)?> Try(IRecordStore store, string text, string? etag, string name = "r")
    {
        try
        {
            return (text, await store.Write(name, System.Text.Encoding.UTF8.GetBytes(text), etag));
        }
#pragma warning disable CA1031 // Whatever a store throws says that this one did not win.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }
}
