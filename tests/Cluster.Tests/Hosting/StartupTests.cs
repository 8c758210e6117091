using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

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

    [Theory]
    [InlineData("SiloListeningEndpoint", "0.0.0.0")]
    [InlineData("SiloListeningEndpoint", "0.0.0.0:0")]
    [InlineData("GatewayListeningEndpoint", "all:30000")]
    [InlineData("GatewayListeningEndpoint", "10.0.0.1:70000")]
    public void An_endpoint_to_listen_on_is_an_address_and_a_port(string member, string value) =>
        Assert.StartsWith($"Orleans:Endpoints:{member}", Refusal(() => ListeningAddresses.Check(Settings(($"Orleans:Endpoints:{member}", value)))), StringComparison.Ordinal);

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("here")]
    [InlineData("")]
    public void An_advertised_address_is_one_that_others_can_come_to(string address) =>
        Assert.StartsWith("Orleans:Endpoints:AdvertisedIPAddress", Refusal(() => ListeningAddresses.Check(Settings(("Orleans:Endpoints:AdvertisedIPAddress", address)))), StringComparison.Ordinal);

    [Fact]   // 192.0.2.0/24 is nobody's.
    public void What_is_listened_on_is_checked_and_not_what_is_advertised()
    {
        (string, string) elsewhere = ("Orleans:Endpoints:AdvertisedIPAddress", "192.0.2.7");

        Assert.Contains("192.0.2.7", Refusal(() => ListeningAddresses.Check(Settings(elsewhere))), StringComparison.Ordinal);
        ListeningAddresses.Check(Settings(elsewhere, ("Orleans:Endpoints:SiloListeningEndpoint", $"127.0.0.1:{FreePort.Next()}"), ("Orleans:Endpoints:GatewayListeningEndpoint", $"0.0.0.0:{FreePort.Next()}")));
    }

    [Fact]
    public void An_endpoint_in_use_is_said_with_its_key()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var refusal = Refusal(() => ListeningAddresses.Check(Settings(("Orleans:Endpoints:GatewayListeningEndpoint", $"{other.LocalEndpoint}"))));

        Assert.Contains($"{other.LocalEndpoint} is in use", refusal, StringComparison.Ordinal);
        Assert.Contains("GatewayListeningEndpoint", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0", true, true)]
    [InlineData("http://10.0.0.1:0;https://10.0.0.1:0", true, true)]
    [InlineData("http://0.0.0.0:0", false, false)]
    [InlineData("https://0.0.0.0:0", true, false)]
    [InlineData("http://127.0.0.1:0;http://localhost:0;http://[::1]:0", true, false)]
    public void Keys_that_would_come_in_clear_text_are_warned_of_once_for_each_address(string urls, bool hasKeys, bool isWarned)
    {
        var log = new WarningLog();
        (string, string)[] keys = hasKeys ? [("Rosud:Keys:0:Sha256", new('0', 64))] : [];

        new ClearTextCheck(Settings([("urls", urls), .. keys]), log).Run();

        if (isWarned) Assert.Contains(urls.Split(';')[0], Assert.Single(log.Warnings), StringComparison.Ordinal);
        else Assert.Empty(log.Warnings);
    }

    [Fact]
    public void Records_cannot_be_kept_where_actors_of_two_kinds_share_them() =>
        Assert.StartsWith("Orleans:GrainStorage:rosud:ProviderType cannot be AdoNet", Refusal(() => RequiredSettings.Check(Settings(("Orleans:GrainStorage:rosud:ProviderType", "AdoNet")))), StringComparison.Ordinal);

    [Theory]
    [InlineData("Production", "Sqlite")]
    [InlineData("Redis", "Redis")]
    [InlineData("Postgres", "Postgres")]
    public void A_host_without_settings_files_has_those_that_ship_and_what_it_says_itself_comes_first(string environment, string store)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("Orleans:ClusterId", "mine")]);

        ShippedSettings.Add(configuration, environment, "ConnectionStrings", "Orleans", "Rosud");

        RequiredSettings.Check(configuration);
        Assert.Equal((store, "mine", "rosud"), (configuration["Orleans:GrainStorage:rosud:ProviderType"], configuration["Orleans:ClusterId"], configuration["Orleans:ServiceId"]));
        Assert.Null(configuration["Logging:LogLevel:Default"]);
    }

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
            ["Orleans:Endpoints:SiloPort"] = $"{FreePort.Next()}",
            ["Orleans:Endpoints:GatewayPort"] = "0",
        };
        foreach (var (key, value) in changes) overrides[key] = value;
        return new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).AddInMemoryCollection(overrides).Build();
    }

    private sealed class WarningLog : ILogger<ClearTextCheck>
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning) Warnings.Add(formatter(state, exception));
        }
    }
}
