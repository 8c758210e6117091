using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Rosud.Audit;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Tests.Streams;

/// <summary>Feeds over the real channel grain and the real stream.</summary>
public sealed class ChannelFeedTests
{
    [Fact]
    public async Task Two_hosts_follow_one_channel_and_a_third_listener_comes_later()
    {
        await using var cluster = await RosudCluster.Start(silos: 2);
        var channel = await cluster.Channel("followed");
        var id = new ChannelId(TenantId.Default, "followed");
        await using var here = Feeds(cluster, silo: 0);
        await using var there = Feeds(cluster, silo: 1);
        var first = Versions(here, id, after: 0, count: 300);
        var second = Versions(there, id, after: 0, count: 300);

        for (var i = 0; i < 300; i++) await Commit(channel, i);

        Assert.Equal(Enumerable.Range(1, 300).Select(version => (long)version), await first);
        Assert.Equal(await first, await second);
        Assert.Equal(Enumerable.Range(291, 10).Select(version => (long)version), await Versions(there, id, after: 290, count: 10));
    }

    [Fact]
    public async Task A_channel_that_is_deleted_ends_its_listeners()
    {
        await using var cluster = await RosudCluster.Start(silos: 1);
        var channel = await cluster.Channel("deleted");
        await using var feeds = Feeds(cluster, silo: 0);
        var items = feeds.Follow(new(TenantId.Default, "deleted"), new(ContextVersion.None, null), CancellationToken.None).GetAsyncEnumerator();
        await Commit(channel, 0);
        Assert.True(await items.MoveNextAsync());
        Assert.IsType<FeedItem.Commit>(items.Current);

        await channel.Delete();

        Assert.True(await items.MoveNextAsync());
        Assert.Equal("deleted", Assert.IsType<FeedItem.Gap>(items.Current).Reason);
        Assert.False(await items.MoveNextAsync());
    }

    [Fact]
    public async Task C16_A_listener_counts_as_one_read_and_what_its_host_reads_for_it_as_none()
    {
        await using var cluster = await RosudCluster.Start(silos: 1);
        var channel = await cluster.Channel("counted");
        for (var i = 0; i < 600; i++) await Commit(channel, i);   // More than one page to read.
        await using var feeds = Feeds(cluster, silo: 0);

        await Versions(feeds, new(TenantId.Default, "counted"), after: 0, count: 600);
        await channel.Conflicts(0, 1);
        await channel.Read(new());

        Assert.Equal(3, await ReadsCounted(channel, atLeast: 3));
    }

    // A listener is told of one way: each look is a call behind that.
    private static async Task<long> ReadsCounted(IChannelGrain channel, long atLeast)
    {
        for (var look = 0; look < 3_000; look++)
        {
            if (await channel.Audit(new()) is AuditOutcome.Found found && found.Page.ReadsCounted >= atLeast) return found.Page.ReadsCounted;
        }

        throw new TimeoutException("The listener was not counted.");
    }

    private static ChannelFeeds Feeds(RosudCluster cluster, int silo) => new(
        new ClusterChannelSource(cluster.Silos.Silos[silo].ServiceProvider.GetRequiredService<IClusterClient>()),
        new(), TimeProvider.System, NullLogger<ChannelFeeds>.Instance);

    private static async Task<long[]> Versions(ChannelFeeds feeds, ChannelId id, long after, int count)
    {
        var versions = new List<long>();
        await foreach (var item in feeds.Follow(id, new(new(after), null), CancellationToken.None))
        {
            if (item is FeedItem.Commit commit) versions.Add(commit.Change.Version.Number);
            if (versions.Count == count) break;
        }

        return [.. versions];
    }

    private static async Task Commit(IChannelGrain channel, int value) =>
        Assert.IsType<PatchOutcome.Applied>(await channel.Commit(new()
        {
            Writes = [new(new("k"), JsonValue.From(value))],
            Origin = new("w"),
        }));
}
