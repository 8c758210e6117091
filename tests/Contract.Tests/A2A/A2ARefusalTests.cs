using System.Security.Cryptography;
using System.Text;

namespace Rosud.A2A;

public sealed class A2ARefusalTests(RosudHost host) : IClassFixture<RosudHost>
{
    private const string Own = "rosud";
    private const string Protocols = "a2a-protocol.org";

    [Theory]
    [InlineData("{", 400, Own, "INVALID_REQUEST", "")]
    [InlineData("{}", 400, Own, "INVALID_REQUEST", "/message")]
    [InlineData("""{"message":{"role":"ROLE_USER","parts":[{"text":"g"}]}}""", 400, Own, "INVALID_REQUEST", "/message/messageId")]
    [InlineData("""{"message":{"messageId":"m","role":"user","parts":[{"text":"g"}]}}""", 400, Own, "INVALID_REQUEST", "/message/role")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[]}}""", 400, Own, "INVALID_REQUEST", "/message/parts")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[7]}}""", 400, Own, "INVALID_REQUEST", "/message/parts/0")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"g","data":1}]}}""", 400, Own, "INVALID_REQUEST", "/message/parts/0")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":7}]}}""", 400, Own, "INVALID_REQUEST", "/message/parts/0/text")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":""}]}}""", 400, Own, "INVALID_REQUEST", "/message/parts")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"data":1}]}}""", 400, Own, "INVALID_REQUEST", "/message/parts/0/data")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"data":{"goal":"g"}},{"data":{}}]}}""", 400, Own, "INVALID_REQUEST", "/message/parts/1")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"data":{"goal":"g","nope":1}}]}}""", 400, Own, "INVALID_REQUEST", "/message/parts/0/data/nope")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"a"},{"data":{"goal":"g"}}]}}""", 400, Own, "INVALID_REQUEST", "/message/parts/1/data")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","contextId":"other","parts":[{"text":"g"}]}}""", 400, Own, "INVALID_REQUEST", "/message/contextId")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"g"}]},"configuration":{"returnImmediately":1}}""", 400, Own, "INVALID_REQUEST", "/configuration/returnImmediately")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"g"}]},"metadata":{"timeout_ms":0}}""", 400, Own, "INVALID_REQUEST", "/metadata/timeout_ms")]
    [InlineData("""{"message":{"messageId":"ä","role":"ROLE_USER","parts":[{"text":"g"}]}}""", 400, Own, "INVALID_REQUEST", "/message/messageId")]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"g"}]}}""", 404, Own, "NOT_FOUND", null)]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"url":"http://x"}]}}""", 400, Protocols, "CONTENT_TYPE_NOT_SUPPORTED", null)]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","taskId":"nobody.r1","parts":[{"text":"g"}]}}""", 404, Protocols, "TASK_NOT_FOUND", null)]
    [InlineData("""{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"g"}]},"configuration":{"taskPushNotificationConfig":{"url":"http://x"}}}""", 400, Protocols, "PUSH_NOTIFICATION_NOT_SUPPORTED", null)]
    public async Task A_message_that_cannot_be_taken_is_an_error_that_says_where(string body, int status, string domain, string reason, string? field)
    {
        foreach (var verb in new[] { "send", "stream" })
        {
            var answer = await host.Call("POST", $"nobody/message:{verb}", body);
            Assert.Equal((status, domain, reason), answer.Error());
            if (field is not null) Assert.Equal(field, answer.Field());
        }
    }

    [Theory]
    [InlineData("GET", "c/tasks/c.r1", 404, Protocols, "TASK_NOT_FOUND")]
    [InlineData("GET", "c/tasks/other.r1", 404, Protocols, "TASK_NOT_FOUND")]
    [InlineData("GET", "c/tasks/x", 404, Protocols, "TASK_NOT_FOUND")]
    [InlineData("POST", "c/tasks/c.r1:cancel", 404, Protocols, "TASK_NOT_FOUND")]
    [InlineData("GET", "c/tasks/c.r1:subscribe", 404, Protocols, "TASK_NOT_FOUND")]
    [InlineData("POST", "c/tasks/c.r1/pushNotificationConfigs", 400, Protocols, "PUSH_NOTIFICATION_NOT_SUPPORTED")]
    [InlineData("DELETE", "c/tasks/c.r1/pushNotificationConfigs/1", 400, Protocols, "PUSH_NOTIFICATION_NOT_SUPPORTED")]
    [InlineData("GET", "c/extendedAgentCard", 400, Protocols, "UNSUPPORTED_OPERATION")]
    [InlineData("GET", "nobody/tasks", 404, Own, "NOT_FOUND")]
    [InlineData("GET", "UPPER/tasks", 400, Own, "INVALID_REQUEST")]
    [InlineData("GET", "c/tasks?pageSize=0", 400, Own, "INVALID_REQUEST")]
    [InlineData("GET", "c/tasks?status=WORKING", 400, Own, "INVALID_REQUEST")]
    [InlineData("GET", "c/tasks?pageToken=x", 400, Own, "INVALID_REQUEST")]
    [InlineData("GET", "c/nothing", 404, Own, "NOT_FOUND")]
    [InlineData("PUT", "c/tasks", 405, Own, "METHOD_NOT_ALLOWED")]
    public async Task What_is_not_there_is_said_in_the_protocols_form(string method, string path, int status, string domain, string reason) =>
        Assert.Equal((status, domain, reason), (await host.Call(method, path)).Error());

    [Theory]
    [InlineData(null)]
    [InlineData("0.3")]
    [InlineData("2.0")]
    public async Task Another_version_is_refused(string? version)
    {
        (string, string)[] headers = version is null ? [] : [("A2A-Version", version)];
        Assert.Equal((400, Protocols, "VERSION_NOT_SUPPORTED"), (await host.Send("GET", "/a2a/v1/c/tasks/c.r1", null, headers)).Error());
        Assert.Equal((404, Protocols, "TASK_NOT_FOUND"), (await host.Send("GET", "/a2a/v1/c/tasks/c.r1?A2A-Version=1.0")).Error());
    }

    [Fact]
    public async Task A_task_that_breaks_a_contract_is_refused_with_every_breach()
    {
        var channel = await host.NewChannel();
        var answer = await host.Tell(channel, """{"text":"g"},{"data":{"steps":[{"id":"a","agent":"nobody","writes":["x"]}]}}""");
        Assert.Equal((422, Own, "CONTRACT_REJECTED"), answer.Error());
        Assert.StartsWith("/message/parts/1/data/steps/0", answer.Field(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_decide_as_over_HTTP_and_the_card_says_that_one_is_needed()
    {
        var keyed = new RosudHost { Settings = [.. Key(0, "client", "acme", "client"), .. Key(1, "agent", "acme", "agent"), "--Rosud:Keys:1:Agent=booker", .. Key(2, "other", "zeta", "client")] };
        await keyed.InitializeAsync();
        try
        {
            await keyed.Send("POST", "/v1/channels", """{"id":"trip"}""", ("Authorization", "Bearer client"));
            Task<HttpAnswer> As(string key) => keyed.Send("GET", "/a2a/v1/trip/tasks", null, A2ACalls.Version, ("Authorization", $"Bearer {key}"));

            Assert.Equal(200, (await As("client")).Status);
            Assert.Equal((403, Own, "FORBIDDEN"), (await As("agent")).Error());
            Assert.Equal((404, Own, "NOT_FOUND"), (await As("other")).Error());
            Assert.Equal((401, Own, "UNAUTHORIZED"), (await As("wrong")).Error());
            Assert.Equal((401, Own, "UNAUTHORIZED"), (await keyed.Send("POST", "/a2a/v1/trip/message:send", "{")).Error());
            var card = await keyed.Send("GET", "/.well-known/agent-card.json");
            Assert.Equal("Bearer", card.Json.GetProperty("securitySchemes").GetProperty("key").GetProperty("httpAuthSecurityScheme").GetProperty("scheme").GetString());
            Assert.Equal("""[{"schemes":{"key":{"list":[]}}}]""", card.Json.GetProperty("securityRequirements").GetRawText());
        }
        finally
        {
            await keyed.DisposeAsync();
        }
    }

    private static string[] Key(int number, string key, string tenant, string role) =>
    [
        $"--Rosud:Keys:{number}:Sha256={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
        $"--Rosud:Keys:{number}:Tenant={tenant}",
        $"--Rosud:Keys:{number}:Role={role}",
    ];
}
