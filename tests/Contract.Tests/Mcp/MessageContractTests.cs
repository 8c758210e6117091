using System.Net.Http.Headers;
using System.Text;

namespace Rosud.Mcp;

public sealed class MessageContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    private const string List = """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""";

    [Theory]
    [InlineData("{", 400, -32700)]
    [InlineData("", 400, -32700)]
    [InlineData("[]", 400, -32600)]
    [InlineData("{}", 400, -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"verdict","arguments":{"limit":1,"limit":2}}}""", 400, -32700)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"verdict","arguments":{"network":"\ud800"}}}""", 400, -32700)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"verdict","arguments":[]}}""", 200, -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}""", 200, -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{}}}""", 200, -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}""", 200, -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call"}""", 200, -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop"}}""", 200, -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/drop"}""", 200, -32601)]
    public async Task A_message_that_is_none_is_an_error_of_the_caller(string message, int status, int code)
    {
        var answer = await Send(message);

        Assert.Equal(status, answer.Status);
        Assert.Contains($"\"error\":{{\"code\":{code},\"message\":\"", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_is_as_large_as_a_body_may_be_and_JSON()
    {
        var large = await Send(List[..^1] + ",\"params\":{\"cursor\":\"" + new string('x', 1024 * 1024) + "\"}}");
        var text = await Send(List, contentType: "text/plain");
        var zipped = await Send(List, encoding: "gzip");
        var plain = await Send(List, accept: "text/plain");

        Assert.Equal((413, "payload-too-large"), (large.Status, large.Problem));
        Assert.Equal((415, "unsupported-media-type"), (text.Status, text.Problem));
        Assert.Equal(415, zipped.Status);
        Assert.Equal(406, plain.Status);
        Assert.Equal(200, (await Send(List)).Status);
    }

    [Fact]   // Not as long as they would be written anew.
    public async Task Arguments_are_as_large_as_they_were_sent()
    {
        var channel = await host.NewChannel();
        var text = new string('ж', 120_000);

        var answer = await Send($$$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"commit_context","arguments":{"channel":"{{{{channel}}}}","set":{"a":"{{{{text}}}}","b":"{{{{text}}}}" } } } }""");

        Assert.True(answer.Text.Contains("\"outcome\":\"committed\"", StringComparison.Ordinal), answer.Text);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task There_are_no_sessions_to_listen_to_or_to_end(string method)
    {
        var answer = await host.Send(method, "/mcp", null, ("Accept", "text/event-stream"));
        Assert.Equal((405, "method-not-allowed"), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task A_page_from_elsewhere_is_refused_while_there_is_no_key() =>
        Assert.Equal((403, "forbidden"), await Send(List, origin: "https://elsewhere.example") is var answer ? (answer.Status, answer.Problem) : default);

    private async Task<HttpAnswer> Send(string message, string contentType = "application/json", string? encoding = null, string accept = "application/json, text/event-stream", string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(message)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (origin is not null) request.Headers.Add("Origin", origin);
        using var response = await host.Http.SendAsync(request);
        return new((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), null, null);
    }
}
