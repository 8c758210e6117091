using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Rosud.Hosting;

/// <summary>The host as a process of its own, on free loopback ports.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private HostProcess(Process process, string url)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        Url = url;
        Http = new() { BaseAddress = new(url) };
    }

    public string Url { get; }

    public HttpClient Http { get; }

    /// <summary>Starts a host in <paramref name="folder"/> and returns when it is ready.</summary>
    /// <exception cref="InvalidOperationException">It exited instead; the message has what it said.</exception>
    public static async Task<HostProcess> Start(string folder, params string[] settings)
    {
        var host = Launch(folder, settings);
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
        await using var host = Launch(folder, settings);
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

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static HostProcess Launch(string folder, string[] settings)
    {
        var url = $"http://127.0.0.1:{FreePort()}";
        string[] own =
        [
            Path.Combine(AppContext.BaseDirectory, "Rosud.Silo.dll"),
            "--urls", url,
            $"--Orleans:Endpoints:SiloPort={FreePort()}",
            $"--Orleans:Endpoints:GatewayPort={FreePort()}",
        ];
        var start = new ProcessStartInfo("dotnet", own.Concat(settings))
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new(Process.Start(start)!, url);
    }

    private async Task<(int Code, string Errors)> Exit()
    {
        await _process.WaitForExitAsync();
        return (_process.ExitCode, await _errors);
    }
}
