using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

public sealed class ConflictRoutesTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    private const string Resolve = "/v1/channels/demo/conflicts/p17/resolve";

    private readonly Edge _edge = shared.Edge;

    [Fact]
    public async Task Conflicts_show_both_sides()
    {
        var parked = new ParkedWrite { Number = 17, Write = new(new("k"), JsonValue.Null), BasedOn = new(3), Origin = new("planner", "demo.r1", "plan", 2), ParkedAt = DateTimeOffset.UnixEpoch, Head = new(4) };
        var entry = new ContextEntry { Key = new("k"), Value = JsonValue.Parse("1"), Version = new(4), Created = new(1), Origin = new("other"), CommittedAt = DateTimeOffset.UnixEpoch };
        var deletion = parked with { Number = 18, Write = new(new("x"), null), BasedOn = null, Origin = new("caller") };
        _edge.Actors.On<IChannelGrain>("Conflicts", (_, _) => Task.FromResult<ConflictsOutcome>(new ConflictsOutcome.Found([new(parked, entry), new(deletion, null)], 18, new(5))));
        var answer = await _edge.Send("GET", "/v1/channels/demo/conflicts?after=p16&limit=2");
        Assert.Equal(
            """{"conflicts":[{"id":"p17","key":"k","parked":{"value":null,"based_on":3,"writer":"planner","run":"demo.r1","step":"plan","attempt":2,"parked_at":"1970-01-01T00:00:00.000Z","version":4},"current":{"value":1,"version":4,"created_version":1,"writer":"other","committed_at":"1970-01-01T00:00:00.000Z"}},{"id":"p18","key":"x","parked":{"delete":true,"writer":"caller","parked_at":"1970-01-01T00:00:00.000Z","version":4},"current":null}],"version":5,"next":"p18"}""",
            answer.Text);
        Assert.Equal([16L, 2], _edge.Actors.Calls.Last(call => call.Method == "Conflicts").Arguments);
    }

    [Theory]
    [InlineData("?after=17", "after")]
    [InlineData("?after=p0", "after")]
    [InlineData("?limit=501", "limit")]
    public async Task A_page_is_asked_for_strictly(string query, string parameter)
    {
        var answer = await _edge.Send("GET", "/v1/channels/demo/conflicts" + query);
        Assert.Equal((400, parameter), (answer.Status, Assert.Single(answer.Pointers)));
    }

    [Theory]
    [InlineData("""{"choose":"parked"}""", ConflictChoice.Parked, null)]
    [InlineData("""{"choose":"current"}""", ConflictChoice.Current, null)]
    [InlineData("""{"value":{"b":1,"a":2}}""", ConflictChoice.Value, """{"a":2,"b":1}""")]
    [InlineData("""{"value":null}""", ConflictChoice.Value, "null")]
    public async Task A_decision_arrives_whole(string body, ConflictChoice choice, string? value)
    {
        var resolution = await Resolved(body, ("If-Match", "\"v9\""), ("Idempotency-Key", "once"));
        Assert.Equal((17, choice, value, 9, "operator", "key::once"), (resolution.Conflict, resolution.Choice, resolution.Value?.ToString(), resolution.BasedOn!.Value.Number, resolution.Origin.Writer, resolution.OperationId));
    }

    [Fact]
    public async Task A_decision_is_known_again_by_its_conflict_and_its_body()
    {
        var one = await Resolved("""{"choose":"parked"}""");
        var same = await Resolved("""{ "choose" : "parked" }""");
        var other = await Resolved("""{"choose":"current"}""");
        var matched = await Resolved("""{"choose":"parked"}""", ("If-Match", "\"v9\""));
        Assert.Equal(one.BodyHash, same.BodyHash);
        Assert.Equal(3, new[] { one.BodyHash, other.BodyHash, matched.BodyHash }.Distinct().Count());
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"choose":"parked","value":1}""", "")]
    [InlineData("""{"choose":"value"}""", "/choose")]
    [InlineData("""{"choose":"parked","writer":"rosud"}""", "/writer")]
    [InlineData("""{"choose":"parked","based_on":-1}""", "/based_on")]
    [InlineData("""{"choose":"parked","extra":1}""", "/extra")]
    public async Task A_decision_that_says_too_little_or_too_much_is_refused(string body, string pointer)
    {
        var answer = await _edge.Send("POST", Resolve, body);
        Assert.Equal((400, pointer), (answer.Status, Assert.Single(answer.Pointers)));
    }

    [Fact]
    public async Task A_conflict_has_an_id_of_its_own_kind()
    {
        var answer = await _edge.Send("POST", "/v1/channels/demo/conflicts/17/resolve", """{"choose":"parked"}""");
        Assert.Equal((400, "conflict"), (answer.Status, Assert.Single(answer.Pointers)));
    }

    [Fact]
    public async Task A_full_key_is_409_and_a_decided_conflict_404()
    {
        _edge.Actors.On<IChannelGrain>("Commit", (_, _) => Task.FromResult<PatchOutcome>(new PatchOutcome.Refused(new(ProblemKind.ParkedFull, "Full."))));
        _edge.Actors.On<IChannelGrain>("Resolve", (_, _) => Task.FromResult<PatchOutcome>(new PatchOutcome.Refused(new(ProblemKind.NotFound, "Gone."))));
        Assert.Equal(409, (await _edge.Send("PATCH", "/v1/channels/demo/context", """{"set":{"a":1}}""")).Status);
        Assert.Equal(404, (await _edge.Send("POST", Resolve, """{"choose":"parked"}""")).Status);
    }

    private async Task<Resolution> Resolved(string body, params (string, string)[] headers)
    {
        _edge.Actors.On<IChannelGrain>("Resolve", (_, _) => Task.FromResult<PatchOutcome>(new PatchOutcome.Applied(new(18), PatchEffect.Committed)));
        Assert.Equal(200, (await _edge.Send("POST", Resolve, body, headers)).Status);
        return _edge.Actors.Argument<Resolution>("Resolve")!;
    }
}
