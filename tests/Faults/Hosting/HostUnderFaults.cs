using System.Globalization;

namespace Rosud.Hosting;

/// <summary>A host in a process of its own that is killed, paused and started again, always on the same ports and data.</summary>
/// <param name="cluster">The cluster's id.</param>
/// <param name="folder">Where it starts.</param>
/// <param name="mutant">How it is broken on purpose, or null for the product's own program.</param>
/// <param name="settings">What its storage needs.</param>
internal sealed class HostUnderFaults(string cluster, string folder, string? mutant, string[] settings) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly int _http = FreePort.Next();
    private readonly int _silo = FreePort.Next();
    private readonly int _gateway = FreePort.Next();
    private readonly HttpClient _health = new() { Timeout = TimeSpan.FromSeconds(2) };
    private ChildProcess? _process;

    public int HttpPort => _http;

    public int SiloPort => _silo;

    public string Gateway => $"127.0.0.1:{_gateway}";

    /// <summary>How often it ended by itself, for example because the cluster had declared it dead.</summary>
    public int EndedByItself { get; private set; }

    public async Task Start()
    {
        string[] program = mutant is null ? [Beside("Rosud.Silo.dll")] : [Beside("Rosud.Faults.dll"), FaultsHost.Verb, mutant];
        string[] own =
        [
            string.Create(CultureInfo.InvariantCulture, $"--urls=http://127.0.0.1:{_http}"),
            $"--Orleans:ClusterId={cluster}",
            string.Create(CultureInfo.InvariantCulture, $"--Orleans:Endpoints:SiloPort={_silo}"),
            string.Create(CultureInfo.InvariantCulture, $"--Orleans:Endpoints:GatewayPort={_gateway}"),
            "--Logging:LogLevel:Default=None",
            "--Logging:LogLevel:Rosud=None",
            "--Logging:LogLevel:Orleans=None",
        ];
        _process = await ChildProcess.Start("dotnet", [.. program, .. own, .. settings], "Rosud is ready.", folder);
    }

    public Task Kill() => _process!.Kill();

    public Task Pause() => _process!.Pause();

    public Task Resume() => _process!.Resume();

    /// <summary>Does what a service supervisor does until it serves: starts it again when it has ended.</summary>
    public async Task UntilReady(CancellationToken stopped)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        late.CancelAfter(ReadyWithin);
        while (true)
        {
            if (_process!.HasExited)
            {
                EndedByItself++;
                await Restart();
            }

            if (await IsReady()) return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, late.Token);
        }
    }

    /// <summary>Starts it again after a kill.</summary>
    public async Task Restart()
    {
        await _process!.DisposeAsync();
        await Start();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _health.Dispose();
    }

    private async Task<bool> IsReady()
    {
        try
        {
            using var answer = await _health.GetAsync(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_http}/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, file);
}
