using System.Diagnostics;

namespace Rosud.Hosting;

/// <summary>The host as a process of its own, on free loopback ports.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private const string ClusterSetting = "--Orleans:ClusterId=";

    private readonly Process _process;
    private readonly Task<string> _errors;

    private HostProcess(Process process, HostPorts ports, string[] settings)
    {
        _process = process;
        Cluster = settings.LastOrDefault(setting => setting.StartsWith(ClusterSetting, StringComparison.Ordinal))?[ClusterSetting.Length..] ?? "rosud";
        _errors = process.StandardError.ReadToEndAsync();
        Ports = ports;
        Http = new() { BaseAddress = new(Url) };
    }

    public HostPorts Ports { get; }

    public string Url => $"http://127.0.0.1:{Ports.Http}";

    /// <summary>The cluster's id.</summary>
    public string Cluster { get; }

    /// <summary>Where clients of the cluster connect.</summary>
    public string Gateway => $"127.0.0.1:{Ports.Gateway}";

    public HttpClient Http { get; }

    /// <summary>Starts a host in <paramref name="folder"/> and returns when it is ready.</summary>
    /// <exception cref="InvalidOperationException">It exited instead; the message has what it said.</exception>
    public static Task<HostProcess> Start(string folder, params string[] settings) => Start(HostPorts.Free(), folder, settings);

    /// <summary>As the other, on the ports that an earlier host had.</summary>
    public static async Task<HostProcess> Start(HostPorts ports, string folder, params string[] settings)
    {
        var host = Launch(ports, folder, settings);
        while (await host._process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.Contains("Rosud is ready.", StringComparison.Ordinal)) continue;
            _ = host._process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);   // Else a full pipe would block it.
            return host;
        }

        var (code, errors) = await host.Exit();
        throw new InvalidOperationException($"The host exited with {code}: {errors}");
    }

    /// <summary>Starts a host that is expected to refuse.</summary>
    public static async Task<(int Code, string Errors)> StartRefused(string folder, params string[] settings)
    {
        await using var host = Launch(HostPorts.Free(), folder, settings);
        await host._process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));   // One that starts after all fails the test here.
        return await host.Exit();
    }

    /// <summary>Asks it to stop, as a service supervisor does.</summary>
    public async Task<(int Code, string Errors)> Terminate()
    {
        using var signal = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await signal.WaitForExitAsync();
        return await Exit();
    }

    /// <summary>SIGKILL: the host gets no chance to do anything.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await Kill();
        _process.Dispose();
        Http.Dispose();
    }

    private static HostProcess Launch(HostPorts ports, string folder, string[] settings)
    {
        string[] own =
        [
            Path.Combine(AppContext.BaseDirectory, "Rosud.Silo.dll"),
            $"--urls=http://127.0.0.1:{ports.Http}",
            $"--Orleans:Endpoints:SiloPort={ports.Silo}",
            $"--Orleans:Endpoints:GatewayPort={ports.Gateway}",
        ];
        var start = new ProcessStartInfo("dotnet", own.Concat(settings))
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new(Process.Start(start)!, ports, settings);
    }

    private async Task<(int Code, string Errors)> Exit()
    {
        await _process.WaitForExitAsync();
        return (_process.ExitCode, await _errors);
    }
}

/// <summary>The ports of one host.</summary>
internal sealed record HostPorts(int Http, int Silo, int Gateway)
{
    public static HostPorts Free() => new(FreePort.Next(), FreePort.Next(), FreePort.Next());
}
