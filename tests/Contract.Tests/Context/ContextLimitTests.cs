namespace Rosud.Context;

/// <summary>SEMANTICS C15 on a host whose limits are small.</summary>
public sealed class ContextLimitTests : IAsyncLifetime
{
    private readonly RosudHost _host = new() { Settings = ["--Rosud:Context:KeysMax=2", "--Rosud:Context:LiveBytesMax=40"] };

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task C15_The_quotas_of_a_channel_are_the_hosts_settings()
    {
        var channel = await _host.NewChannel();
        Task<HttpAnswer> Patch(string body) => _host.Send("PATCH", $"/v1/channels/{channel}/context", body);
        Assert.Equal(200, (await Patch("""{"set":{"a":1,"b":1}}""")).Status);
        var keys = await Patch("""{"set":{"c":1}}""");
        Assert.Equal((413, "quota-exceeded"), (keys.Status, keys.Problem));
        var bytes = await Patch($$$"""{"set":{"b":"{{{new string('x', 40)}}}"}}""");
        Assert.Equal((413, "quota-exceeded"), (bytes.Status, bytes.Problem));
        Assert.Equal(200, (await Patch("""{"set":{"c":1},"delete":["a"]}""")).Status);
    }
}
