using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Tenants;

namespace Rosud.Hosting;

public sealed class RouteCallsTests
{
    [Fact]   // What decides on rights keeps every endpoint that it has seen, with all that it holds.
    public async Task Calls_of_one_route_share_its_endpoint()
    {
        await using var edge = await Edge.StartAsync();
        var seen = new List<Endpoint?>();
        for (var call = 0; call < 3; call++)
        {
            var outside = new DefaultHttpContext { RequestServices = edge.Services };
            var answer = await edge.Services.GetRequiredService<RouteCalls>().Call(
                outside,
                HttpMethods.Get,
                "/v1/channels/{channel}/context",
                inside =>
                {
                    seen.Add(inside.GetEndpoint());
                    return Task.FromResult<IResult?>(new ProblemResult(new(ProblemKind.NotFound, $"Call {call}.")));
                },
                CancellationToken.None);
            Assert.Equal((404, $"Call {call}."), (answer.Status, answer.Body.GetProperty("detail").GetString()));
        }

        Assert.Single(seen.Distinct());
    }

    [Theory]   // An app may open any address after it has added Rosud, and a caller may name any host.
    [InlineData("127.0.0.1", "localhost", true)]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1", true)]
    [InlineData("::1", "localhost", true)]
    [InlineData(null, "localhost", true)]
    [InlineData("192.0.2.7", "localhost", false)]
    [InlineData("::ffff:192.0.2.7", "localhost", false)]
    [InlineData("127.0.0.1", "rosud.example", false)]
    public async Task Without_keys_only_the_own_machine_is_answered(string? caller, string name, bool isAnswered)
    {
        await using var edge = await Edge.StartAsync();
        var http = new DefaultHttpContext { RequestServices = edge.Services };
        http.Connection.RemoteIpAddress = caller is null ? null : IPAddress.Parse(caller);
        http.Request.Host = new(name);
        var passed = false;

        await new OpenHostGuard(Pass, edge.Services.GetRequiredService<ApiKeyRing>()).InvokeAsync(http);

        Assert.Equal((isAnswered, isAnswered ? 200 : 403), (passed, http.Response.StatusCode));

        Task Pass(HttpContext context)
        {
            passed = true;
            return Task.CompletedTask;
        }
    }
}
