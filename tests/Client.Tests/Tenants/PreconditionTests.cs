namespace Rosud.Tenants;

public sealed class PreconditionTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    [Theory]   // Whatever else is wrong with them: nothing was read and nobody was asked.
    [InlineData("PATCH", "/v1/channels/demo", "If-Match", "\"v17\"")]
    [InlineData("PATCH", "/v1/channels/demo/context", "If-None-Match", "*")]
    [InlineData("PUT", "/v1/networks/n", "If-None-Match", "*")]
    [InlineData("PUT", "/v1/agents/a", "If-Match", "*")]
    [InlineData("DELETE", "/v1/channels/demo", "If-Unmodified-Since", "Thu, 01 Jan 2026 00:00:00 GMT")]
    public async Task A_precondition_that_a_route_does_not_look_at_is_refused(string method, string path, string header, string value)
    {
        var answer = await shared.Edge.Send(method, path, "{}", (header, value));
        Assert.Equal((400, "invalid-request", header), (answer.Status, answer.ProblemName, Assert.Single(answer.Pointers)));
    }
}
