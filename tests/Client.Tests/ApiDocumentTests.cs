using System.Text.Json;
using System.Text.RegularExpressions;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud;

public sealed class ApiDocumentTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    [Fact]
    public async Task The_document_lists_every_route_of_the_contract()
    {
        var document = await Document();
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var operations =
            from path in document.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select $"{operation.Name.ToUpperInvariant()} {path.Name}";
        Assert.Equal(
        [
            "DELETE /v1/agents/{agent}",
            "DELETE /v1/channels/{channel}",
            "GET /v1/agents",
            "GET /v1/agents/{agent}",
            "GET /v1/agents/{agent}/assignments/stream",
            "GET /v1/agents/{agent}/supervisor",
            "GET /v1/assignments/{assignment}/effects/{name}",
            "GET /v1/audit/key",
            "GET /v1/channels",
            "GET /v1/channels/{channel}",
            "GET /v1/channels/{channel}/audit",
            "GET /v1/channels/{channel}/blame",
            "GET /v1/channels/{channel}/changes",
            "GET /v1/channels/{channel}/conflicts",
            "GET /v1/channels/{channel}/context",
            "GET /v1/channels/{channel}/diff",
            "GET /v1/channels/{channel}/events",
            "GET /v1/metrics",
            "GET /v1/networks/{network}",
            "GET /v1/networks/{network}/metrics",
            "GET /v1/networks/{network}/report",
            "GET /v1/networks/{network}/verdict",
            "GET /v1/runs",
            "GET /v1/runs/{run}",
            "GET /v1/runs/{run}/events",
            "GET /v1/runs/{run}/explain",
            "GET /v1/runs/{run}/timeline",
            "PATCH /v1/channels/{channel}",
            "PATCH /v1/channels/{channel}/context",
            "POST /v1/agents/{agent}/assignments/release",
            "POST /v1/agents/{agent}/assignments/take",
            "POST /v1/agents/{agent}/supervisor/force-open",
            "POST /v1/agents/{agent}/supervisor/reset",
            "POST /v1/assignments/{assignment}/ask",
            "POST /v1/assignments/{assignment}/complete",
            "POST /v1/assignments/{assignment}/fail",
            "POST /v1/assignments/{assignment}/heartbeat",
            "POST /v1/assignments/{assignment}/publish",
            "POST /v1/channels",
            "POST /v1/channels/{channel}/audit/verify",
            "POST /v1/channels/{channel}/conflicts/{conflict}/resolve",
            "POST /v1/channels/{channel}/coordinate",
            "POST /v1/runs/{run}/answer",
            "POST /v1/runs/{run}/cancel",
            "PUT /v1/agents/{agent}",
            "PUT /v1/assignments/{assignment}/effects/{name}",
            "PUT /v1/networks/{network}",
        ], operations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_answer_with_a_body_has_a_schema()
    {
        var without =
            from path in (await Document()).GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            from response in operation.Value.GetProperty("responses").EnumerateObject()
            where response.Name is not ("204" or "304")
            where !response.Value.TryGetProperty("content", out var content) || content.EnumerateObject().Any(type => !type.Value.TryGetProperty("schema", out _))
            select $"{operation.Name} {path.Name} {response.Name}";
        Assert.Empty(without);
    }

    [Fact]   // What each route really answers is held against the same notes by every test of a route: Declared.
    public async Task Every_operation_declares_what_all_can_answer_with_its_headers()
    {
        var operations =
            from path in (await Document()).GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select operation.Value.GetProperty("responses");
        Assert.All(operations, responses =>
        {
            Assert.All(["401", "403", "429", "500", "503"], status => Assert.True(responses.TryGetProperty(status, out _), status));
            Assert.Equal(("string", "integer", "integer"), (TypeOf(responses, "401", "WWW-Authenticate"), TypeOf(responses, "429", "Retry-After"), TypeOf(responses, "503", "Retry-After")));
        });
    }

    [Theory]
    [InlineData("/v1/channels/{channel}/context", "get", "200", "ETag")]
    [InlineData("/v1/channels/{channel}/context", "get", "304", "ETag")]
    [InlineData("/v1/channels/{channel}/context", "patch", "200", "Idempotency-Replayed")]
    [InlineData("/v1/channels", "post", "201", "Location")]
    [InlineData("/v1/channels/{channel}/coordinate", "post", "202", "Location")]
    [InlineData("/v1/assignments/{assignment}/publish", "post", "412", null)]
    [InlineData("/v1/assignments/{assignment}/publish", "post", "422", null)]
    public async Task An_answer_is_declared_with_its_headers(string path, string method, string status, string? header)
    {
        var responses = (await Document()).GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("responses");
        Assert.True(responses.TryGetProperty(status, out _));
        if (header is not null) Assert.Equal("string", TypeOf(responses, status, header));
    }

    [Fact]
    public async Task Parts_of_paths_bear_their_rules_and_real_ids_keep_them()
    {
        var run = RunId.Make(new(TenantId.Default, "a.demo-1"), "r18f0c2");
        var assignment = new AssignmentId(new(TenantId.Default, "planner"), run, "s1", 3);
        Dictionary<string, string[]> real = new()
        {
            ["channel"] = ["a.demo-1"],
            ["agent"] = ["planner"],
            ["network"] = ["default"],
            ["name"] = ["mail"],
            ["run"] = [run.Name],
            ["assignment"] = [assignment.ToString(), (assignment with { Handed = new(17) }).ToString()],
            ["conflict"] = [ParkedWrite.IdOf(1), ParkedWrite.IdOf(long.MaxValue)],
        };
        var parameters =
            from path in (await Document()).GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where operation.Value.TryGetProperty("parameters", out _)
            from parameter in operation.Value.GetProperty("parameters").EnumerateArray()
            where parameter.GetProperty("in").GetString() == "path"
            select (Name: parameter.GetProperty("name").GetString()!, Schema: parameter.GetProperty("schema"));
        Assert.Equal(real.Keys.Order(StringComparer.Ordinal), parameters.Select(parameter => parameter.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.All(parameters, parameter => Assert.All(real[parameter.Name], id =>
        {
            Assert.Matches(parameter.Schema.GetProperty("pattern").GetString()!, id);
            Assert.DoesNotMatch(parameter.Schema.GetProperty("pattern").GetString()!, "A b");
            Assert.InRange(id.Length, parameter.Schema.GetProperty("minLength").GetInt32(), parameter.Schema.GetProperty("maxLength").GetInt32());
        }));
    }

    [Fact]
    public async Task Members_bear_their_rules()
    {
        var schemas = (await Document()).GetProperty("components").GetProperty("schemas");
        var agent = schemas.GetProperty("RegisterAgent").GetProperty("properties");
        Assert.Equal(10_000, agent.GetProperty("max_concurrency").GetProperty("maximum").GetInt32());
        Assert.Equal(4096, agent.GetProperty("description").GetProperty("maxLength").GetInt32());
        Assert.Equal(256, agent.GetProperty("reads").GetProperty("maxItems").GetInt32());
        Assert.Equal("date-time", schemas.GetProperty("Entry").GetProperty("properties").GetProperty("committed_at").GetProperty("format").GetString());
    }

    [Fact]
    public async Task The_readable_page_comes_from_this_host_alone()
    {
        var page = await shared.Edge.Send("GET", "/docs/");
        Assert.Equal((200, "text/html"), (page.Status, page.ContentType));
        Assert.DoesNotContain(Regex.Matches(page.Text, "(src|href)=\"([^\"]*)\"").Select(match => match.Groups[2].Value), url => url.Contains("//", StringComparison.Ordinal));
        Assert.DoesNotContain("cdn", page.Text, StringComparison.OrdinalIgnoreCase);
        var script = Regex.Match(page.Text, "src=\"([^\"]*scalar[^\"]*)\"").Groups[1].Value;
        var bundled = await shared.Edge.Send("GET", new Uri(new("http://host/docs/"), script).AbsolutePath);
        Assert.Equal(200, bundled.Status);
        Assert.True(bundled.Text.Length > 100_000);
    }

    private static string? TypeOf(JsonElement responses, string status, string header) =>
        responses.GetProperty(status).GetProperty("headers").GetProperty(header).GetProperty("schema").GetProperty("type").GetString();

    private async Task<JsonElement> Document() => (await shared.Edge.Send("GET", "/openapi/v1.json")).Json;
}
