using Rosud.Tenants;

namespace Rosud.Channels;

public sealed class EventRoutesTests
{
    private static readonly FeedItem[] Items =
    [
        ScriptedFeeds.Commit(18, "a", "\"x\\n\\ndata: y\""), ScriptedFeeds.Notice(18, 3, "run", """{"run":"demo.r1"}"""), new FeedItem.Gap(new(18), new(40), "compacted"),
    ];

    [Fact]
    public async Task Each_thing_is_one_event_with_its_id_its_name_and_a_CloudEvent()
    {
        var (answer, _) = await Follow("/v1/channels/demo/events", Items);
        Assert.Equal((200, "text/event-stream"), (answer.Status, answer.ContentType));
        Assert.Equal(
            """
            :

            id: 18
            event: commit
            data: {"specversion":"1.0","id":"18","source":"/v1/channels/demo","type":"rosud.commit","time":"1970-01-01T00:00:00.000Z","datacontenttype":"application/json","data":{"version":18,"committed_at":"1970-01-01T00:00:00.000Z","writer":"planner","set":{"a":"x\n\ndata: y"},"delete":[]}}

            id: 18.3
            event: run
            data: {"specversion":"1.0","id":"18.3","source":"/v1/channels/demo","type":"rosud.run","time":"1970-01-01T00:00:00.000Z","datacontenttype":"application/json","data":{"run":"demo.r1"}}

            id: 40
            event: gap
            data: {"specversion":"1.0","id":"gap.18.40","source":"/v1/channels/demo","type":"rosud.gap","datacontenttype":"application/json","data":{"after":18,"version":40,"reason":"compacted"}}


            """.ReplaceLineEndings("\n"), answer.Text);
    }

    [Theory]
    [InlineData("?types=run", "run,gap")]
    [InlineData("?types=commit", "commit,gap")]
    [InlineData("?types=breaker,conflict", "gap")]
    [InlineData("?types=commit&types=run", "commit,run,gap")]
    public async Task A_listener_gets_the_types_it_asked_for_and_every_gap(string query, string events)
    {
        var (answer, _) = await Follow("/v1/channels/demo/events" + query, Items);
        Assert.Equal(events, string.Join(',', answer.Text.Split('\n').Where(line => line.StartsWith("event: ", StringComparison.Ordinal)).Select(line => line[7..])));
    }

    [Theory]
    [InlineData("", null, null)]
    [InlineData("", "7", "7")]
    [InlineData("?after=5.2", null, "5.2")]
    [InlineData("?after=5.2", "7", "7")]
    public async Task A_listener_goes_on_after_what_it_has(string query, string? header, string? after)
    {
        var (_, feeds) = await Follow("/v1/channels/demo/events" + query, [], header is null ? [] : [("Last-Event-ID", header)]);
        Assert.Equal(after, feeds.After is { } position ? EventPosition.Of(position) : null);
    }

    [Theory]
    [InlineData("x", 400)]
    [InlineData("41", 409)]
    public async Task An_id_that_no_event_has_is_refused(string id, int status)
    {
        var (answer, _) = await Follow("/v1/channels/demo/events", Items, [("Last-Event-ID", id)]);
        Assert.Equal((status, "application/problem+json"), (answer.Status, answer.ContentType));
    }

    [Fact]
    public async Task A_listener_that_leaves_ends_its_feed()
    {
        var feeds = new ScriptedFeeds(Items);
        await using var edge = await Start(feeds);
        using var leaving = new CancellationTokenSource();
        using (var response = await edge.Http.GetAsync("/v1/channels/demo/events", HttpCompletionOption.ResponseHeadersRead, leaving.Token))
        {
            Assert.Equal(200, (int)response.StatusCode);
        }

        await feeds.Left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async Task<(Answer Answer, ScriptedFeeds Feeds)> Follow(string path, FeedItem[] items, params (string, string)[] headers)
    {
        var feeds = new ScriptedFeeds(items) { Ends = true };
        await using var edge = await Start(feeds);
        return (await edge.Send("GET", path, null, headers), feeds);
    }

    private static Task<Edge> Start(ScriptedFeeds feeds) => Edge.StartAsync(
        actors => actors.On<IChannelGrain>("Describe", (_, _) => Task.FromResult<ChannelOutcome>(new ChannelOutcome.Found(
            new(new(TenantId.Default, "demo"), new(), new(40), DateTimeOffset.UnixEpoch), Made: false))),
        feeds: feeds);
}
