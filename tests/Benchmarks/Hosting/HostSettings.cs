namespace Rosud.Hosting;

/// <summary>Settings of one host, as on its command line: everything is its own, so that hosts do not meet unless they are told to.</summary>
internal sealed record HostSettings(string Cluster, int HttpPort, int SiloPort, int GatewayPort)
{
    public const string ServiceId = "rosud";

    public string Url => $"http://127.0.0.1:{HttpPort}";

    /// <summary>What every host gets.</summary>
    public IEnumerable<string> Common =>
    [
        "--urls", Url,
        $"--Orleans:ClusterId={Cluster}",
        $"--Orleans:ServiceId={ServiceId}",
        $"--Orleans:Endpoints:SiloPort={SiloPort}",
        $"--Orleans:Endpoints:GatewayPort={GatewayPort}",
        "--Logging:LogLevel:Default=Error",
        "--Logging:LogLevel:Rosud=Error",
        "--Logging:LogLevel:Polly=Error",
        "--Logging:LogLevel:Orleans=Critical",   // A host that stops says of each timer that it came too late.
    ];

    /// <summary>Settings for a new host on free ports.</summary>
    public static HostSettings New(string cluster) => new(cluster, FreePort.Next(), FreePort.Next(), FreePort.Next());

    /// <summary>The embedded store, SQLite with synchronous FULL, in <paramref name="folder"/>.</summary>
    public IEnumerable<string> OnSqlite(string folder) => [.. Common, $"--Rosud:DataPath={folder}"];

    /// <summary>Nothing durable; the store of the grains themselves is given as a service.</summary>
    public IEnumerable<string> InMemory() =>
    [
        .. Common,
        "--Orleans:GrainStorage:rosud:ProviderType=Memory",
        "--Orleans:GrainStorage:PubSubStore:ProviderType=Memory",
        "--Orleans:Reminders:ProviderType=Memory",
    ];

    /// <summary>Clustering and storage on Redis.</summary>
    public IEnumerable<string> OnRedis(string connection) => [.. Common, "--environment", "Redis", $"--ConnectionStrings:redis={connection}"];
}
