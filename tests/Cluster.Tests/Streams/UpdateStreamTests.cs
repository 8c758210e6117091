using System.Threading.Channels;
using Orleans.Streams;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Streams;

namespace Rosud.Tests.Streams;

public sealed class UpdateStreamTests(StreamCluster fixture) : IClassFixture<StreamCluster>
{
    [Fact]
    public async Task Every_host_and_an_external_client_get_every_update_in_order()
    {
        var listeners = new List<Listener>();
        foreach (var client in fixture.Clients) listeners.Add(await Listener.Subscribe(client, "t/everywhere"));
        var announcer = fixture.Cluster.Client.GetGrain<IAnnouncerGrain>("t/everywhere");

        for (var version = 0; version < 200; version++) await announcer.Announce(Update(version));

        foreach (var listener in listeners)
        {
            Assert.Equal(Enumerable.Range(0, 200).Select(from => (long)from), await listener.Read(200));
        }
    }

    [Fact]
    public async Task Channels_that_share_a_queue_do_not_mix()
    {
        string[] keys = [.. Enumerable.Range(0, 24).Select(i => $"t/own-{i}")];
        var listeners = new List<Listener>();
        foreach (var key in keys) listeners.Add(await Listener.Subscribe(fixture.Cluster.Client, key));

        await Task.WhenAll(keys.Select((key, i) => fixture.Cluster.Client.GetGrain<IAnnouncerGrain>(key).Announce(Update(i))));

        for (var i = 0; i < keys.Length; i++) Assert.Equal(i, Assert.Single(await listeners[i].Read(1)));
    }

    [Fact]
    public async Task A_listener_that_unsubscribed_hears_nothing_more()
    {
        var gone = await Listener.Subscribe(fixture.Cluster.Client, "t/gone");
        var stays = await Listener.Subscribe(fixture.Clients[0], "t/gone");
        var announcer = fixture.Cluster.Client.GetGrain<IAnnouncerGrain>("t/gone");
        await announcer.Announce(Update(1));
        await gone.Read(1);
        await gone.Handle.UnsubscribeAsync();

        await announcer.Announce(Update(2));

        Assert.Equal([1L, 2L], (IEnumerable<long>)await stays.Read(2));
        Assert.Equal(0, gone.Waiting);
    }

    [Fact]
    public async Task A_parked_taker_gets_what_is_added_and_loses_nothing_when_it_gives_up()
    {
        var queue = fixture.Cluster.Client.GetGrain<IUpdateQueueGrain>("rosud/of-this-test");
        var taking = queue.Take(default, 10, TimeSpan.FromMinutes(1), CancellationToken.None);
        await queue.Add(new(StreamId.Create("n", "k"), ["hello"]), bytes: 5);
        var taken = await taking;
        Assert.Equal("hello", Assert.Single(Assert.Single(taken.Batches).Items));

        using var stop = new CancellationTokenSource();
        var parked = queue.Take(taken.Place, 10, TimeSpan.FromMinutes(1), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parked);
        await queue.Add(new(StreamId.Create("n", "k"), ["later"]), bytes: 5);
        taken = await queue.Take(taken.Place, 10, TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Equal("later", Assert.Single(Assert.Single(taken.Batches).Items));
    }

    private static ChannelUpdate Update(long from) => new(new(from), new ContextVersion(from).Next(), 1) { Changes = [] };

    private sealed class Listener : IAsyncObserver<ChannelUpdate>
    {
        private readonly Channel<long> _heard = Channel.CreateUnbounded<long>();

        public StreamSubscriptionHandle<ChannelUpdate> Handle { get; private set; } = null!;

        public int Waiting => _heard.Reader.Count;

        public static async Task<Listener> Subscribe(IClusterClient client, string key)
        {
            var listener = new Listener();
            var stream = client.GetStreamProvider(ChannelUpdates.Provider).GetStream<ChannelUpdate>(StreamId.Create(ChannelUpdates.Namespace, key));
            listener.Handle = await stream.SubscribeAsync(listener);
            return listener;
        }

        public async Task<long[]> Read(int count)
        {
            var heard = new long[count];
            for (var i = 0; i < count; i++) heard[i] = await _heard.Reader.ReadAsync();
            return heard;
        }

        public Task OnNextAsync(ChannelUpdate item, StreamSequenceToken? token = null) => _heard.Writer.WriteAsync(item.From.Number).AsTask();

        public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
    }
}
