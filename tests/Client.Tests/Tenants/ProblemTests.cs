using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Tenants;

public sealed class ProblemTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    private readonly Edge _edge = shared.Edge;

    [Theory]
    [InlineData(ProblemKind.InvalidRequest, "invalid-request", 400)]
    [InlineData(ProblemKind.NotFound, "not-found", 404)]
    [InlineData(ProblemKind.AlreadyExists, "already-exists", 409)]
    [InlineData(ProblemKind.VersionAhead, "version-ahead", 409)]
    [InlineData(ProblemKind.Fenced, "fenced", 409)]
    [InlineData(ProblemKind.InProgress, "in-progress", 409)]
    [InlineData(ProblemKind.StaleContext, "stale-context", 412)]
    [InlineData(ProblemKind.Conflict, "conflict", 412)]
    [InlineData(ProblemKind.PreconditionRequired, "precondition-required", 428)]
    [InlineData(ProblemKind.IdempotencyMismatch, "idempotency-mismatch", 422)]
    [InlineData(ProblemKind.ContractRejected, "contract-rejected", 422)]
    [InlineData(ProblemKind.PayloadTooLarge, "payload-too-large", 413)]
    [InlineData(ProblemKind.QuotaExceeded, "quota-exceeded", 413)]
    [InlineData(ProblemKind.Compacted, "compacted", 410)]
    [InlineData(ProblemKind.Overloaded, "overloaded", 429)]
    [InlineData(ProblemKind.CircuitOpen, "circuit-open", 503)]
    [InlineData(ProblemKind.UnknownOutcome, "unknown-outcome", 503)]
    [InlineData(ProblemKind.Forbidden, "forbidden", 403)]
    public async Task Each_refusal_has_its_name_and_status(ProblemKind kind, string name, int status)
    {
        Refuse(new(kind, "Because.") { Version = 17, Oldest = 3 });
        var answer = await _edge.Send("GET", "/v1/channels/demo");
        Assert.Equal((status, "application/problem+json", name), (answer.Status, answer.ContentType, answer.ProblemName));
        Assert.Equal(("Because.", status, 17, 3), (answer.Json.GetProperty("detail").GetString(), answer.Json.GetProperty("status").GetInt32(), answer.Json.GetProperty("version").GetInt32(), answer.Json.GetProperty("oldest").GetInt32()));
        Assert.NotEqual("", answer.Json.GetProperty("title").GetString());
        Assert.NotEqual("", answer.Json.GetProperty("traceId").GetString());
    }

    [Fact]
    public async Task Retry_after_is_said_in_whole_seconds_and_exactly()
    {
        Refuse(new(ProblemKind.Overloaded, "Full.") { RetryAfter = TimeSpan.FromMilliseconds(1200) });
        var answer = await _edge.Send("GET", "/v1/channels/demo");
        Assert.Equal("2", answer.Headers["Retry-After"]);
        Assert.Equal(1200, answer.Json.GetProperty("retry_after_ms").GetDouble());
    }

    [Fact]
    public async Task A_broken_contract_lists_its_problems()
    {
        _edge.Actors.On<IChannelGrain>("Coordinate", (_, _) => Task.FromResult<CoordinateOutcome>(new CoordinateOutcome.Refused(
            new(ProblemKind.ContractRejected, "No.") { Errors = [new("/task/steps/0/agent", "Nobody has this name.", "unknown_agent")] })));
        var answer = await _edge.Send("POST", "/v1/channels/demo/coordinate", """{"task":{"goal":"g"}}""");
        Assert.Equal((422, "contract-rejected"), (answer.Status, answer.ProblemName));
        var problem = Assert.Single(answer.Json.GetProperty("problems").EnumerateArray());
        Assert.Equal(("/task/steps/0/agent", "unknown_agent"), (problem.GetProperty("pointer").GetString(), problem.GetProperty("code").GetString()));
        Assert.False(answer.Json.TryGetProperty("errors", out _));
    }

    [Theory]
    [InlineData(true, "stale-context")]
    [InlineData(false, "conflict")]
    public async Task Changed_keys_are_named_with_the_version_to_read_again(bool stale, string name)
    {
        StaleKey key = new(new("price"), new(3), new(5), TimeSpan.FromMilliseconds(250));
        _edge.Actors.On<IChannelGrain>("Commit", (_, _) => Task.FromResult<PatchOutcome>(stale ? new PatchOutcome.Stale(new(7), [key]) : new PatchOutcome.Conflict(new(7), [key])));
        var answer = await _edge.Send("PATCH", "/v1/channels/demo/context", """{"set":{"a":1},"based_on":3}""");
        Assert.Equal((412, name, 7), (answer.Status, answer.ProblemName, answer.Json.GetProperty("version").GetInt32()));
        Assert.Equal("""{"key":"price","read_version":3,"current_version":5,"behind_ms":250}""", Assert.Single(answer.Json.GetProperty("stale").EnumerateArray()).GetRawText());
    }

    public static TheoryData<Exception, int, string> Faults() => new()
    {
        { new UnknownOutcomeException("Lost."), 503, "unknown-outcome" },
        { new TimeoutException(), 503, "unknown-outcome" },
        { new Orleans.Runtime.SiloUnavailableException(), 503, "unknown-outcome" },
        { (Exception)RuntimeHelpers.GetUninitializedObject(typeof(Orleans.Runtime.OrleansMessageRejectionException)), 503, "unknown-outcome" },
        { new OverloadedException("Full.", TimeSpan.FromSeconds(3)), 429, "overloaded" },
        { new InvalidOperationException("secret"), 500, "internal" },
    };

    [Theory, MemberData(nameof(Faults))]
    public async Task What_a_call_throws_becomes_a_problem_without_its_inner_life(Exception fault, int status, string name)
    {
        _edge.Actors.On<IChannelGrain>("Describe", (_, _) => Task.FromException<ChannelOutcome>(fault));
        var answer = await _edge.Send("GET", "/v1/channels/demo");
        Assert.Equal((status, "application/problem+json", name), (answer.Status, answer.ContentType, answer.ProblemName));
        Assert.Equal(status is 429 or 503, answer.Headers.ContainsKey("Retry-After"));
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(" at ", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "not-found")]
    [InlineData("GET", "/v1", 404, "not-found")]
    [InlineData("POST", "/v1/networks/default", 405, "method-not-allowed")]
    [InlineData("TRACE", "/v1/channels", 405, "method-not-allowed")]
    public async Task What_no_route_knows_is_a_problem_too(string method, string path, int status, string name)
    {
        var answer = await _edge.Send(method, path);
        Assert.Equal((status, "application/problem+json", name), (answer.Status, answer.ContentType, answer.ProblemName));
        Assert.Equal(JsonValueKind.String, answer.Json.GetProperty("traceId").ValueKind);
    }

    [Fact]   // Two servers would read it in two ways.
    public async Task A_body_with_a_length_and_chunks_is_refused()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _edge.Http.BaseAddress!.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync("POST /v1/channels HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"u8.ToArray());
        using var answer = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 400 Bad Request", await answer.ReadLineAsync());
        Assert.Contains("urn:rosud:problem:invalid-request", await answer.ReadToEndAsync(), StringComparison.Ordinal);
    }

    // A channel that is described refuses in few of these ways: any route would do.
    private void Refuse(Problem problem)
    {
        _edge.Declared.IsOff = true;
        _edge.Actors.On<IChannelGrain>("Describe", (_, _) => Task.FromResult<ChannelOutcome>(new ChannelOutcome.Refused(problem)));
    }
}
