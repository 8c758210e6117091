using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

public sealed class HistoryRoutesTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    private readonly Edge _edge = shared.Edge;

    [Fact]
    public async Task A_diff_shows_each_key_with_what_it_was_and_is()
    {
        ContextEntry Entry(string key, int version) => new() { Key = new(key), Value = JsonValue.Parse($"{version}"), Version = new(version), Created = new(1), Origin = new("a"), CommittedAt = DateTimeOffset.UnixEpoch };
        _edge.Actors.On<IChannelGrain>("Diff", (_, _) => Task.FromResult<DiffOutcome>(new DiffOutcome.Found(new(3), new(9), [new(new("a"), null, Entry("a", 4)), new(new("b"), Entry("b", 1), Entry("b", 5)), new(new("c"), Entry("c", 2), null)], new("c"))));
        var answer = await _edge.Send("GET", "/v1/channels/demo/diff?from=3&to=9&keys=a,b*&limit=3&after=Z");
        Assert.Equal((200, 3, 9, "c"), (answer.Status, answer.Json.GetProperty("from").GetInt32(), answer.Json.GetProperty("to").GetInt32(), answer.Json.GetProperty("next").GetString()));
        Assert.Equal(["a added", "b changed", "c removed"], answer.Json.GetProperty("keys").EnumerateArray().Select(key => $"{key.GetProperty("key")} {key.GetProperty("change")}"));
        var query = _edge.Actors.Argument<DiffQuery>("Diff")!;
        Assert.Equal((3, 9, 3, "Z"), (query.From.Number, query.To!.Value.Number, query.Limit, query.After!.Value.Value));
        Assert.Equal(["a", "b*"], query.Keys.Select(pattern => pattern.Value));
    }

    [Fact]
    public async Task Blame_shows_who_wrote_and_deleted()
    {
        _edge.Actors.On<IChannelGrain>("Blame", (_, _) => Task.FromResult<BlameOutcome>(new BlameOutcome.Found(
            new(9), [new(new(8), DateTimeOffset.UnixEpoch, new("planner", "demo.r1", "plan", 2), JsonValue.Null) { Resolves = 4 }, new(new(5), DateTimeOffset.UnixEpoch, new("other"), null)], new(3), new(2))));
        var answer = await _edge.Send("GET", "/v1/channels/demo/blame?key=a.b&version=9&limit=2");
        Assert.Equal(
            """{"key":"a.b","version":9,"writes":[{"version":8,"committed_at":"1970-01-01T00:00:00.000Z","writer":"planner","run":"demo.r1","step":"plan","attempt":2,"value":null,"resolves":"p4"},{"version":5,"committed_at":"1970-01-01T00:00:00.000Z","writer":"other","deleted":true}],"oldest":2,"next":3}""",
            answer.Text);
        Assert.Equal(("a.b", 9, 2), (_edge.Actors.Argument<BlameQuery>("Blame")!.Key.Value, _edge.Actors.Argument<BlameQuery>("Blame")!.UpTo!.Value.Number, _edge.Actors.Argument<BlameQuery>("Blame")!.Limit));
    }

    [Theory]
    [InlineData("after=7", 7)]
    [InlineData("version=9&after=7", 7)]
    [InlineData("version=5&after=7", 5)]
    [InlineData("version=5", 5)]
    [InlineData("limit=3", null)]
    public async Task The_next_page_of_a_keys_writers_begins_at_the_next_of_the_page_before(string question, int? upTo)
    {
        _edge.Actors.On<IChannelGrain>("Blame", (_, _) => Task.FromResult<BlameOutcome>(new BlameOutcome.Found(new(9), [], new(3), new(2))));
        Assert.Equal(200, (await _edge.Send("GET", "/v1/channels/demo/blame?key=a&" + question)).Status);
        Assert.Equal(upTo, (int?)_edge.Actors.Argument<BlameQuery>("Blame")!.UpTo?.Number);
    }

    [Theory]
    [InlineData("diff", "from")]
    [InlineData("diff?from=x", "from")]
    [InlineData("diff?from=1&to=-1", "to")]
    [InlineData("diff?from=1&keys=a..b", "keys")]
    [InlineData("diff?from=1&after=*", "after")]
    [InlineData("diff?from=1&limit=0", "limit")]
    [InlineData("blame", "key")]
    [InlineData("blame?key=a*", "key")]
    [InlineData("blame?key=a&version=v1", "version")]
    [InlineData("blame?key=a&limit=501", "limit")]
    [InlineData("blame?key=a&after=x", "after")]
    public async Task A_question_is_read_strictly(string question, string parameter)
    {
        var answer = await _edge.Send("GET", "/v1/channels/demo/" + question);
        Assert.Equal((400, parameter), (answer.Status, Assert.Single(answer.Pointers)));
    }

    [Fact]
    public async Task What_is_no_longer_kept_is_410_with_the_oldest()
    {
        _edge.Actors.On<IChannelGrain>("Diff", (_, _) => Task.FromResult<DiffOutcome>(new DiffOutcome.Refused(new(ProblemKind.Compacted, "Gone.") { Oldest = 7 })));
        var answer = await _edge.Send("GET", "/v1/channels/demo/diff?from=1");
        Assert.Equal((410, 7), (answer.Status, answer.Json.GetProperty("oldest").GetInt32()));
    }
}
