using System.Text;

namespace Rosud.Tenants;

public sealed class StrictBodyTests : IClassFixture<SharedEdge>
{
    private const string Patch = "PATCH /v1/channels/demo/context";
    private const string Create = "POST /v1/channels";
    private const string Register = "PUT /v1/agents/planner";
    private const string Network = "PUT /v1/networks/default";
    private const string Coordinate = "POST /v1/channels/demo/coordinate";
    private const string Complete = $"POST /v1/assignments/{Assignment}/complete";
    private const string Assignment = "a1.7.4.planner.plan.demo.r1";

    private readonly Edge _edge;

    public StrictBodyTests(SharedEdge shared)
    {
        _edge = shared.Edge;
        _edge.Actors.Calls.Clear();
    }

    [Theory]
    [InlineData(Patch, "", "")]
    [InlineData(Patch, "nope", "")]
    [InlineData(Patch, "{}{}", "")]
    [InlineData(Patch, "{\"set\":{}", "")]
    [InlineData(Patch, "{\"set\":{},}", "")]
    [InlineData(Patch, "/**/{\"set\":{}}", "")]
    [InlineData(Patch, "[]", "")]
    [InlineData(Patch, "null", "")]
    [InlineData(Patch, "{\"set\":{\"a\":NaN}}", "/set/a")]
    [InlineData(Patch, "{\"set\":{}}", "")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"isAdmin\":true}", "/isAdmin")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"Set\":{}}", "/Set")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"set\":{\"a\":2}}", "/set")]
    [InlineData(Patch, "{\"set\":{\"a\":{\"x\":{\"y\":1,\"y\":2}}}}", "/set/a/x/y")]
    [InlineData(Patch, "{\"set\":{\"a\":\"\\ud800\"}}", "/set/a")]
    [InlineData(Patch, "{\"set\":{\"\\udc00\":1}}", "/set")]
    [InlineData(Patch, "{\"set\":{\"a b\":1}}", "/set/a b")]
    [InlineData(Patch, "{\"set\":{\"../x\":1}}", "/set/..~1x")]
    [InlineData(Patch, "{\"set\":{\"\":1}}", "/set/")]
    [InlineData(Patch, "{\"set\":{\"a\\u0000\":1}}", "/set/a\0")]
    [InlineData(Patch, "{\"set\":{\"a.*\":1}}", "/set/a.*")]
    [InlineData(Patch, "{\"set\":[]}", "/set")]
    [InlineData(Patch, "{\"set\":null}", "/set")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"delete\":[\"a\"]}", "/delete/0")]
    [InlineData(Patch, "{\"delete\":[\"a\",\"b\",\"a\"]}", "/delete/2")]
    [InlineData(Patch, "{\"delete\":[\"a\",7]}", "/delete/1")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"based_on\":\"7\"}", "/based_on")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"based_on\":1.5}", "/based_on")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"based_on\":-1}", "/based_on")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"based_on\":9223372036854775808}", "/based_on")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"based_on\":1e999}", "/based_on")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"reads\":[\"b\"]}", "/reads")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"based_on\":1,\"reads\":[\"b*c\"]}", "/reads/0")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"writer\":\"Über\"}", "/writer")]
    [InlineData(Patch, "{\"set\":{\"a\":1},\"writer\":\"rosud\"}", "/writer")]
    [InlineData(Create, "", "")]
    [InlineData(Create, "{\"id\":\"A\"}", "/id")]
    [InlineData(Create, "{\"id\":\"../x\"}", "/id")]
    [InlineData(Create, "{\"agents\":[\"a\",\"b\",\"a\"]}", "/agents/2")]
    [InlineData(Create, "{\"agents\":\"a\"}", "/agents")]
    [InlineData(Create, "{\"network\":null}", "/network")]
    [InlineData(Create, "{\"sync\":{\"mode\":\"RealTime\"}}", "/sync/mode")]
    [InlineData(Create, "{\"sync\":{\"mode\":0}}", "/sync/mode")]
    [InlineData(Create, "{\"sync\":{\"conflict_resolution\":\"latest_wins,reject\"}}", "/sync/conflict_resolution")]
    [InlineData(Create, "{\"sync\":{\"conflict_resolution\":\"merge\"}}", "/sync/merge")]
    [InlineData(Create, "{\"sync\":{\"staleness_threshold_ms\":-1}}", "/sync/staleness_threshold_ms")]
    [InlineData(Create, "{\"sync\":{\"staleness_threshold_ms\":0.5}}", "/sync/staleness_threshold_ms")]
    [InlineData(Create, "{\"sync\":{\"audit\":\"true\"}}", "/sync/audit")]
    [InlineData(Create, "{\"sync\":{\"keys\":{\"a*b\":{}}}}", "/sync/keys/a*b")]
    [InlineData(Create, "{\"sync\":{\"keys\":{\"a.*\":{\"conflict_resolution\":\"owner_wins\"}}}}", "/sync/keys/a.*/owner")]
    [InlineData(Create, "{\"sync\":{\"keys\":{\"a.*\":{\"valid_for_ms\":0}}}}", "/sync/keys/a.*/valid_for_ms")]
    [InlineData(Register, "{\"transport\":{\"kind\":\"in_process\"}}", "/transport/kind")]
    [InlineData(Register, "{\"transport\":{\"kind\":\"webhook\"}}", "/transport/url")]
    [InlineData(Register, "{\"transport\":{\"kind\":\"webhook\",\"url\":\"http://example.com/\"}}", "/transport/url")]
    [InlineData(Register, "{\"transport\":{\"kind\":\"webhook\",\"url\":\"file:///etc/passwd\"}}", "/transport/url")]
    [InlineData(Register, "{\"transport\":{\"kind\":\"webhook\",\"url\":\"http://u:p@127.0.0.1/\"}}", "/transport/url")]
    [InlineData(Register, "{\"transport\":{\"kind\":\"pull\",\"url\":\"http://127.0.0.1/\"}}", "/transport/url")]
    [InlineData(Register, "{\"max_concurrency\":0}", "/max_concurrency")]
    [InlineData(Register, "{\"timeout_ms\":604800001}", "/timeout_ms")]
    [InlineData(Register, "{\"reads\":[\"a\",\"\"]}", "/reads/1")]
    [InlineData(Register, "{\"memo\":1}", "/memo")]
    [InlineData(Register, "{\"$type\":\"x\"}", "/$type")]
    [InlineData(Network, "{\"coordination\":{\"circuit_breaker_threshold\":0}}", "/coordination/circuit_breaker_threshold")]
    [InlineData(Network, "{\"coordination\":{\"circuit_breaker_threshold\":1.01}}", "/coordination/circuit_breaker_threshold")]
    [InlineData(Network, "{\"coordination\":{\"retry_budget\":101}}", "/coordination/retry_budget")]
    [InlineData(Network, "{\"coordination\":{\"metrics\":[\"x\"]}}", "/coordination/metrics/0")]
    [InlineData(Network, "{\"coordination\":{\"prices\":{\"gpt\":{\"input_usd_per_million\":1}}}}", "/coordination/prices/gpt/output_usd_per_million")]
    [InlineData(Network, "{\"coordination\":{\"verdict\":{\"baselines\":{\"a b\":\"x\"}}}}", "/coordination/verdict/baselines/a b")]
    [InlineData(Coordinate, "{}", "/task")]
    [InlineData(Coordinate, "{\"task\":{}}", "/task/goal")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"\"}}", "/task/goal")]
    [InlineData(Coordinate, "{\"task\":\"do it\"}", "/task")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\"},\"timeout_ms\":0}", "/timeout_ms")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\"},\"timeout_ms\":-5}", "/timeout_ms")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\"},\"timeout_ms\":1000000000000}", "/timeout_ms")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\"},\"parent\":\"nobody\"}", "/parent")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\",\"steps\":[{\"id\":\"s\"}]}}", "/task/steps/0")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\",\"steps\":[{\"id\":\"s\",\"agent\":\"a\",\"reads\":[\"x\",{\"key\":\"y\",\"x\":1}]}]}}", "/task/steps/0/reads/1/x")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\",\"steps\":[{\"id\":\"s\",\"agent\":\"a\",\"reads\":[\"x y\"]}]}}", "/task/steps/0/reads/0")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\",\"steps\":[{\"id\":\"s\",\"agent\":\"a\",\"writes\":[\"*\"]}]}}", "/task/steps/0/writes/0")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\",\"steps\":[{\"id\":\"s\",\"agent\":\"a\",\"when\":{\"key\":\"k\",\"equals\":1,\"exists\":true}}]}}", "/task/steps/0/when")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\",\"steps\":[{\"id\":\"s\",\"agent\":\"a\",\"on_failure\":{\"kind\":\"default\"}}]}}", "/task/steps/0/on_failure/value")]
    [InlineData(Coordinate, "{\"task\":{\"goal\":\"g\",\"steps\":[{\"id\":\"s\",\"agent\":\"a\",\"acceptance\":[{}]}]}}", "/task/steps/0/acceptance/0")]
    [InlineData(Complete, "", "")]
    [InlineData(Complete, "{\"usage\":{\"input_tokens\":-1}}", "/usage/input_tokens")]
    [InlineData(Complete, "{\"usage\":{\"cost_usd\":1e400}}", "/usage/cost_usd")]
    [InlineData(Complete, "{\"writes\":{\"a\":1},\"delete\":[\"a\"]}", "/delete/0")]
    [InlineData($"POST /v1/assignments/{Assignment}/fail", "{}", "/reason")]
    [InlineData($"POST /v1/assignments/{Assignment}/publish", "{\"writes\":{}}", "")]
    [InlineData($"POST /v1/assignments/{Assignment}/heartbeat", "{\"progress\":1.5}", "/progress")]
    [InlineData("POST /v1/agents/planner/assignments/take", "{\"wait_ms\":20001}", "/wait_ms")]
    [InlineData("POST /v1/runs/demo.r1/cancel", "{\"why\":1}", "/why")]
    [InlineData("PATCH /v1/channels/demo", "{\"network\":\"x\"}", "/network")]
    public async Task A_bad_body_is_refused_at_its_member_and_reaches_nobody(string route, string body, string pointer)
    {
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
        var answer = await _edge.Send(method, path, body);
        Assert.Equal((400, "application/problem+json", "invalid-request"), (answer.Status, answer.ContentType, answer.ProblemName));
        Assert.Contains(pointer, answer.Pointers);
        Assert.Empty(_edge.Actors.Calls);
    }

    [Fact]
    public async Task All_faults_are_named_at_once()
    {
        var answer = await _edge.Send("POST", "/v1/channels", """{"id":"A B","agents":["ok",7],"sync":{"mode":"x","nope":1}}""");
        Assert.Equal(["/agents/1", "/id", "/sync/mode", "/sync/nope"], answer.Pointers.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Invalid_UTF8_is_refused()
    {
        var answer = await _edge.SendBytes("PATCH", "/v1/channels/demo/context", [.. "{\"set\":{\"a\":\""u8, 0xff, .. "\"}}"u8]);
        Assert.Equal(400, answer.Status);
        Assert.Equal("invalid_utf8", answer.Json.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(62, 200)]
    [InlineData(63, 400)]
    [InlineData(100_000, 400)]
    public async Task A_body_is_64_levels_deep_at_most(int arrays, int status)
    {
        _edge.Actors.On<Channels.IChannelGrain>("Commit", (_, _) => Task.FromResult<Context.PatchOutcome>(new Context.PatchOutcome.Applied(new(1), Context.PatchEffect.Committed)));
        var answer = await _edge.Send("PATCH", "/v1/channels/demo/context", "{\"set\":{\"a\":" + new string('[', arrays) + new string(']', arrays) + "}}");
        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_one_MiB_is_refused_whether_it_is_declared_or_not(bool declared)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/channels/demo/context")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes("{\"set\":{\"a\":\"" + new string('x', JsonBody.BytesMax) + "\"}}")),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = !declared;
        request.Headers.ExpectContinue = declared;   // A declared length is refused before the body is sent; a body still on its way would break the pipe.
        using var response = await _edge.Http.SendAsync(request);
        Assert.Equal((413, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType));
    }

    [Theory]
    [InlineData("Content-Type", "text/plain")]
    [InlineData("Content-Type", "application/json; charset=utf-16")]
    [InlineData("Content-Type", "application/x-www-form-urlencoded")]
    [InlineData("Content-Encoding", "gzip")]
    [InlineData("Content-Encoding", "identity")]
    public async Task A_body_that_is_no_plain_JSON_by_its_headers_is_415(string header, string value)
    {
        var answer = await _edge.Send("PATCH", "/v1/channels/demo/context", "{}", (header, value));
        Assert.Equal((415, "unsupported-media-type"), (answer.Status, answer.ProblemName));
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_fault()
    {
        var answer = await _edge.SendBytes("POST", "/v1/channels", [0xef, 0xbb, 0xbf, .. "{\"id\":\"A\"}"u8]);
        Assert.Equal(["/id"], answer.Pointers);
    }

    [Theory]
    [InlineData("GET", "/v1/channels/UPPER", "channel")]
    [InlineData("GET", "/v1/channels/%2e%2e%2f", "channel")]
    [InlineData("GET", "/v1/channels/a%0d%0ab/context", "channel")]
    [InlineData("GET", "/v1/runs/noruns", "run")]
    [InlineData("POST", "/v1/assignments/zzz/complete", "assignment")]
    [InlineData("GET", "/v1/channels?limit=0", "limit")]
    [InlineData("GET", "/v1/channels?limit=501", "limit")]
    [InlineData("GET", "/v1/channels?limit=1&limit=2", "limit")]
    [InlineData("GET", "/v1/channels?after=%2F", "after")]
    [InlineData("GET", "/v1/channels/demo/context?version=-1", "version")]
    [InlineData("GET", "/v1/channels/demo/context?version=1.5", "version")]
    [InlineData("GET", "/v1/channels/demo/context?keys=a*b", "keys")]
    [InlineData("GET", "/v1/channels/demo/context?consistency=Confirmed", "consistency")]
    [InlineData("GET", "/v1/channels/demo/events?types=commit,nope", "types")]
    [InlineData("GET", "/v1/runs?status=Done", "status")]
    [InlineData("GET", "/v1/runs?after=x", "after")]
    public async Task A_bad_part_of_the_address_is_named(string method, string path, string parameter)
    {
        var answer = await _edge.Send(method, path, method == "POST" ? "{}" : null);
        Assert.Equal((400, "invalid-request"), (answer.Status, answer.ProblemName));
        Assert.Equal([parameter], answer.Pointers);
        Assert.Empty(_edge.Actors.Calls);
    }

    [Theory]
    [InlineData("Idempotency-Key", "")]
    [InlineData("If-Match", "17")]
    [InlineData("If-Match", "\"v1\", \"v2\"")]
    [InlineData("If-Match", "*")]
    public async Task A_bad_header_is_named(string name, string value)
    {
        var answer = await _edge.Send("PATCH", "/v1/channels/demo/context", """{"set":{"a":1}}""", (name, value));
        Assert.Equal([name], answer.Pointers);
    }
}
