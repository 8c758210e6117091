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

    private static async Task<(string Text, string ETag)?> Try(IRecordStore store, string text, string? etag)
    {
        try
        {
            return (text, await store.Write("r", System.Text.Encoding.UTF8.GetBytes(text), etag));
        }
#pragma warning disable CA1031 // Whatever a store throws says that this one did not win.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }
}
