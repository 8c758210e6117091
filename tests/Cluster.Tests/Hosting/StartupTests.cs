using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace Rosud.Hosting;

public sealed class StartupTests
{
    [Theory]
    [InlineData("Orleans:ClusterId")]
    [InlineData("Orleans:ServiceId")]
    [InlineData("Orleans:Clustering:ProviderType")]
    [InlineData("Orleans:GrainStorage:rosud:ProviderType")]
    [InlineData("Orleans:GrainStorage:PubSubStore:ProviderType")]
    [InlineData("Orleans:Reminders:ProviderType")]
    [InlineData("Orleans:Streaming:rosud:ProviderType")]
    public void A_missing_setting_is_named(string key) =>
        Assert.StartsWith(key, Refusal(() => RequiredSettings.Check(Settings((key, "")))), StringComparison.Ordinal);

    [Fact]
    public void The_settings_that_come_with_the_host_are_complete() => RequiredSettings.Check(Settings());

    [Fact]
    public void A_connection_that_is_named_but_missing_is_named()
    {
        var settings = Settings(("Orleans:Clustering:ConnectionName", "somewhere"));

        Assert.StartsWith("ConnectionStrings:somewhere", Refusal(() => RequiredSettings.Check(settings)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", true, false)]
    [InlineData("help", true, true)]
    [InlineData("verfy", false, true)]
    [InlineData("demo", false, false)]
    [InlineData("verify", false, false)]
    [InlineData("--urls", false, false)]
    [InlineData("Rosud:DataPath=x", false, false)]
    public void A_word_that_is_no_verb_starts_no_host(string word, bool isQuestion, bool isUnknown)
    {
        Assert.Equal(isQuestion, Usage.IsWanted([word, "file"]));
        Assert.Equal(isUnknown ? word : null, Usage.Unknown([word, "file"]));
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://10.0.0.1:0")]
    [InlineData("http://127.0.0.1:0;http://+:0")]
    public void Without_a_key_the_host_listens_only_on_loopback(string urls) =>
        Assert.StartsWith("Rosud:Keys", Refusal(() => ListeningAddresses.Check(Settings(("urls", urls)))), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://localhost:0")]
    [InlineData("http://[::1]:0")]
    public void Loopback_needs_no_key(string urls) => ListeningAddresses.Check(Settings(("urls", urls)));

    [Fact]
    public void With_a_key_the_host_listens_anywhere() =>
        ListeningAddresses.Check(Settings(("urls", "http://0.0.0.0:0"), ("Rosud:Keys:0:Sha256", new('0', 64))));

    [Fact]
    public void Endpoints_of_the_web_server_are_checked_like_urls()
    {
        var settings = Settings(("urls", "http://127.0.0.1:0"), ("Kestrel:Endpoints:all:Url", "http://0.0.0.0:0"));

        Assert.StartsWith("Rosud:Keys", Refusal(() => ListeningAddresses.Check(settings)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("urls", "--urls")]
    [InlineData("Orleans:Endpoints:SiloPort", "Orleans:Endpoints:SiloPort")]
    [InlineData("Orleans:Endpoints:GatewayPort", "Orleans:Endpoints:GatewayPort")]
    public void A_port_in_use_is_said_with_the_key_that_chooses_another(string key, string named)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var settings = Settings((key, key == "urls" ? $"http://127.0.0.1:{port}" : $"{port}"));

        var refusal = Refusal(() => ListeningAddresses.Check(settings));

        Assert.Contains($"127.0.0.1:{port} is in use", refusal, StringComparison.Ordinal);
        Assert.Contains(named, refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("")]
    public void A_silo_port_is_a_port(string port) =>
        Assert.StartsWith("Orleans:Endpoints:SiloPort", Refusal(() => ListeningAddresses.Check(Settings(("Orleans:Endpoints:SiloPort", port)))), StringComparison.Ordinal);

    [Fact]
    public void A_failure_to_start_is_one_line_with_its_deepest_cause()
    {
        var failure = new InvalidOperationException("The outer\nstory.", new IOException("disk full"));

        Assert.Equal("Rosud did not start: The outer story. (disk full)", StartupRefusedException.Sentence(failure));
    }

    private static string Refusal(Action check) => Assert.Throws<StartupRefusedException>(check).Message;

    // The settings file that ships, on ports that nothing else uses.
    private static IConfiguration Settings(params (string Key, string Value)[] changes)
    {
        var overrides = new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Orleans:Endpoints:SiloPort"] = $"{FreePort()}",
            ["Orleans:Endpoints:GatewayPort"] = "0",
        };
        foreach (var (key, value) in changes) overrides[key] = value;
        return new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).AddInMemoryCollection(overrides).Build();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
