using Rosud.Listeners;

namespace Rosud.Channels;

public sealed class EventContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task What_happens_once_the_answer_has_begun_is_not_missed()
    {
        for (var i = 0; i < 20; i++)   // Each on a channel that this host has never followed.
        {
            var channel = await host.NewChannel();
            using var events = await host.Listen($"/v1/channels/{channel}/events?types=commit");

            await host.Send("PATCH", $"/v1/channels/{channel}/context", """{"set":{"k":1}}""");

            Assert.Equal("1", (await events.Next().WaitAsync(TimeSpan.FromSeconds(20)))?.Id);
        }
    }

    [Fact]
    public async Task A_listener_that_comes_back_gets_what_it_missed_once_and_in_order()
    {
        var channel = await host.NewChannel();
        string? last;
        using (var first = await host.Listen($"/v1/channels/{channel}/events?types=commit", lastEventId: "0"))
        {
            await Commit(channel, 1);
            await Commit(channel, 2);
            Assert.Equal("1", (await first.Next())!.Value.Id);
            last = (await first.Next())!.Value.Id;
        }

        await Commit(channel, 3);
        await Commit(channel, 4);
        using var second = await host.Listen($"/v1/channels/{channel}/events?types=commit", last);
        await Commit(channel, 5);
        for (var version = 3; version <= 5; version++)
        {
            var (id, type, body) = (await second.Next())!.Value;
            Assert.Equal(($"{version}", "commit", "1.0", "rosud.commit"), (id, type, body.GetProperty("specversion").GetString(), body.GetProperty("type").GetString()));
            Assert.Equal(version, body.GetProperty("data").GetProperty("set").GetProperty("n").GetInt32());
        }
    }

    [Fact]
    public async Task The_stream_of_a_deleted_channel_ends_with_a_gap()
    {
        var channel = await host.NewChannel();
        using var events = await host.Listen($"/v1/channels/{channel}/events", lastEventId: "0");
        await host.Send("DELETE", $"/v1/channels/{channel}");
        var (_, type, body) = (await events.Next())!.Value;
        Assert.Equal(("gap", "deleted"), (type, body.GetProperty("data").GetProperty("reason").GetString()));
        Assert.Null(await events.Next());
    }

    [Fact]
    public async Task An_id_from_the_future_is_refused()
    {
        var channel = await host.NewChannel();
        var answer = await host.Send("GET", $"/v1/channels/{channel}/events", null, ("Last-Event-ID", "99"));
        Assert.Equal((409, "version-ahead"), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task Live_A_listener_that_falls_a_mebibyte_behind_is_ended_with_a_gap_and_the_others_are_not()
    {
        const int Commits = 16;
        var channel = await host.NewChannel();
        using var slow = await DeafClient.Open(host.Http.BaseAddress!, $"/v1/channels/{channel}/events?after=0", CancellationToken.None);
        using var quick = await host.Listen($"/v1/channels/{channel}/events?types=commit", lastEventId: "0");
        var value = new string('x', 200_000);
        for (var version = 1; version <= Commits; version++)
        {
            Assert.Equal(200, (await host.Send("PATCH", $"/v1/channels/{channel}/context", $$$"""{"set":{"n":{{{version}}},"k":"{{{value}}}"}}""")).Status);
            Assert.Equal($"{version}", (await quick.Next())!.Value.Id);
        }

        var told = (await slow.ReadToEnd(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30))).Split('\n').Where(line => line.StartsWith("id: ", StringComparison.Ordinal) || line.StartsWith("event: ", StringComparison.Ordinal)).ToArray();

        Assert.Equal("event: gap", told[^1]);
        var whole = (told.Length / 2) - 1;
        Assert.InRange(whole, 5, Commits - 1);
        Assert.Equal(Enumerable.Range(1, whole).SelectMany(version => new[] { $"id: {version}", "event: commit" }), told[..^2]);
        using var back = await host.Listen($"/v1/channels/{channel}/events?types=commit", lastEventId: $"{whole}");
        for (var version = whole + 1; version <= Commits; version++) Assert.Equal($"{version}", (await back.Next())!.Value.Id);
    }

    private async Task Commit(string channel, int number) =>
        Assert.Equal(200, (await host.Send("PATCH", $"/v1/channels/{channel}/context", $$$"""{"set":{"n":{{{number}}}}}""")).Status);
}
