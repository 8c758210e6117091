namespace Rosud.Tenants;

public sealed class RefusalContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Theory]
    [InlineData("GET", "/v1/channels/nobody", null, 404, "not-found")]
    [InlineData("GET", "/v1/channels/nobody/context", null, 404, "not-found")]
    [InlineData("GET", "/v1/channels/nobody/changes", null, 404, "not-found")]
    [InlineData("GET", "/v1/channels/nobody/events", null, 404, "not-found")]
    [InlineData("PATCH", "/v1/channels/nobody", "{\"agents\":[]}", 404, "not-found")]
    [InlineData("PATCH", "/v1/channels/nobody/context", "{\"set\":{\"a\":1}}", 404, "not-found")]
    [InlineData("DELETE", "/v1/channels/nobody", null, 404, "not-found")]
    [InlineData("POST", "/v1/channels/nobody/coordinate", "{\"task\":{\"goal\":\"g\"}}", 404, "not-found")]
    [InlineData("GET", "/v1/agents/nobody", null, 404, "not-found")]
    [InlineData("GET", "/v1/agents/nobody/supervisor", null, 404, "not-found")]
    [InlineData("POST", "/v1/agents/nobody/supervisor/reset", "{}", 404, "not-found")]
    [InlineData("POST", "/v1/agents/nobody/assignments/take", "{\"wait_ms\":0}", 404, "not-found")]
    [InlineData("GET", "/v1/networks/nobody", null, 404, "not-found")]
    [InlineData("GET", "/v1/networks/nobody/metrics", null, 404, "not-found")]
    [InlineData("GET", "/v1/runs/nobody.r1", null, 404, "not-found")]
    [InlineData("GET", "/v1/runs/nobody.r1/timeline", null, 404, "not-found")]
    [InlineData("GET", "/v1/runs/nobody.r1/events", null, 404, "not-found")]
    [InlineData("POST", "/v1/runs/nobody.r1/cancel", "{}", 404, "not-found")]
    [InlineData("POST", "/v1/assignments/a1.6.2.nobody.s1.nobody.r1/complete", "{}", 409, "fenced")]
    [InlineData("POST", "/v1/channels", "{\"id\":\"a\",\"nope\":1}", 400, "invalid-request")]
    [InlineData("POST", "/v1/channels", "{", 400, "invalid-request")]
    [InlineData("GET", "/v1/channels/UPPER", null, 400, "invalid-request")]
    [InlineData("GET", "/v1/nothing", null, 404, "not-found")]
    [InlineData("PUT", "/v1/channels", "{}", 405, "method-not-allowed")]
    public async Task A_refusal_is_a_problem_with_its_name(string method, string path, string? body, int status, string name)
    {
        var answer = await host.Send(method, path, body);
        Assert.Equal((status, "application/problem+json", name), (answer.Status, answer.ContentType, answer.Problem));
    }
}
