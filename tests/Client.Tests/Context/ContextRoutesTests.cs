using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

public sealed class ContextRoutesTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    private readonly Edge _edge = shared.Edge;

    [Fact]
    public async Task A_patch_arrives_whole()
    {
        var patch = await Patched("""{"set":{"plan.scope":{"b":1,"a":2}},"delete":["x"],"based_on":17,"reads":["price","plan.*"],"writer":"planner"}""", ("Idempotency-Key", "once"), ("If-Match", "\"v17\""));
        Assert.Equal<IEnumerable<ContextWrite>>([new(new("plan.scope"), JsonValue.Parse("""{"a":2,"b":1}""")), new(new("x"), null)], patch.Writes);
        Assert.Equal((17, "planner"), (patch.BasedOn!.Value.Number, patch.Origin.Writer));
        Assert.Equal(["price", "plan.*"], patch.Reads.Select(pattern => pattern.Value));
        Assert.Equal("key::once", patch.OperationId);
    }

    [Fact]
    public async Task If_Match_is_based_on()
    {
        var patch = await Patched("""{"set":{"a":1}}""", ("If-Match", "\"v17\""));
        Assert.Equal(17, patch.BasedOn!.Value.Number);
    }

    [Fact]
    public async Task If_Match_and_based_on_must_agree()
    {
        var answer = await _edge.Send("PATCH", "/v1/channels/demo/context", """{"set":{"a":1},"based_on":16}""", ("If-Match", "\"v17\""));
        Assert.Equal((400, "If-Match"), (answer.Status, Assert.Single(answer.Pointers)));
    }

    [Fact]
    public async Task The_same_body_has_the_same_hash_however_it_is_written_and_If_Match_is_part_of_it()
    {
        var plain = await Patched("""{"set":{"a":1,"b":2}}""");
        var written = await Patched("""{ "set" : { "b":2, "a" : 1 } }""");
        var other = await Patched("""{"set":{"a":1,"b":3}}""");
        var matched = await Patched("""{"set":{"a":1,"b":2}}""", ("If-Match", "\"v1\""));
        Assert.Equal(plain.BodyHash, written.BodyHash);
        Assert.Equal(3, new[] { plain.BodyHash, other.BodyHash, matched.BodyHash }.Distinct().Count());
    }

    [Fact]
    public async Task A_patch_answers_what_became_of_it()
    {
        _edge.Actors.On<IChannelGrain>("Commit", (_, _) => Task.FromResult<PatchOutcome>(new PatchOutcome.Applied(new(18), PatchEffect.Committed) { Overwritten = [new("a")], Dropped = [new("b")], Merged = [new("c")], Parked = [new("d")] }));
        var answer = await _edge.Send("PATCH", "/v1/channels/demo/context", """{"set":{"a":1}}""");
        Assert.Equal("\"v18\"", answer.Headers["ETag"]);
        Assert.Equal("""{"version":18,"outcome":"committed","overwritten":["a"],"dropped":["b"],"merged":["c"],"parked":["d"]}""", answer.Text);
    }

    [Theory]
    [InlineData("\"v4\"", 304)]
    [InlineData("\"v3\"", 200)]
    public async Task A_reader_that_has_the_version_gets_304(string known, int status)
    {
        var answer = await Read(new(new(4), [Entry("a")]), known);
        Assert.Equal((status, "\"v4\""), (answer.Status, answer.Headers["ETag"]));
    }

    [Theory]   // Both change without a new version: by time, and when the attempt is accepted.
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task What_expired_or_is_not_accepted_yet_is_always_shown_and_its_version_does_not_stand_for_it(bool expired, bool provisional)
    {
        var answer = await Read(new(new(4), [Entry("a") with { Provisional = provisional }]) { Expired = expired ? [new("a")] : [] }, "\"v4\"");
        Assert.Equal((200, false), (answer.Status, answer.Headers.ContainsKey("ETag")));
    }

    [Fact]
    public async Task A_query_arrives_whole()
    {
        _edge.Actors.On<IChannelGrain>("Read", (_, _) => Task.FromResult<ReadOutcome>(new ReadOutcome.Found(new(new(4), []))));
        var answer = await _edge.Send("GET", "/v1/channels/demo/context?keys=plan.*,facts&keys=x&version=12&min_version=3&consistency=plain");
        Assert.Equal("""{"version":4,"entries":{}}""", answer.Text);
        var query = _edge.Actors.Argument<ContextQuery>("Read")!;
        Assert.Equal(["plan.*", "facts", "x"], query.Keys.Select(pattern => pattern.Value));
        Assert.Equal((12, 3, ReadConsistency.Plain), (query.Version!.Value.Number, query.MinVersion!.Value.Number, query.Consistency));
    }

    [Fact]
    public async Task Changes_show_what_was_set_and_what_was_deleted()
    {
        Change change = new(new(18), DateTimeOffset.UnixEpoch, new("planner", "demo.r1", "plan", 2), [new(new("a"), JsonValue.Null), new(new("b"), null)]);
        _edge.Actors.On<IChannelGrain>("Changes", (_, _) => Task.FromResult<ChangesOutcome>(new ChangesOutcome.Found(new([change], new(18), false))));
        var answer = await _edge.Send("GET", "/v1/channels/demo/changes?after=17");
        Assert.Equal("""{"changes":[{"version":18,"committed_at":"1970-01-01T00:00:00.000Z","writer":"planner","run":"demo.r1","step":"plan","attempt":2,"set":{"a":null},"delete":["b"]}],"version":18,"gap":false}""", answer.Text);
    }

    private static ContextEntry Entry(string key) => new() { Key = new(key), Value = JsonValue.Null, Version = new(4), Created = new(4), Origin = new("a"), CommittedAt = DateTimeOffset.UnixEpoch };

    private Task<Answer> Read(ContextView view, string known)
    {
        _edge.Actors.On<IChannelGrain>("Read", (_, _) => Task.FromResult<ReadOutcome>(new ReadOutcome.Found(view)));
        return _edge.Send("GET", "/v1/channels/demo/context", null, ("If-None-Match", known));
    }

    private async Task<ContextPatch> Patched(string body, params (string, string)[] headers)
    {
        _edge.Actors.On<IChannelGrain>("Commit", (_, _) => Task.FromResult<PatchOutcome>(new PatchOutcome.Applied(new(18), PatchEffect.Committed)));
        Assert.Equal(200, (await _edge.Send("PATCH", "/v1/channels/demo/context", body, headers)).Status);
        return _edge.Actors.Argument<ContextPatch>("Commit")!;
    }
}
