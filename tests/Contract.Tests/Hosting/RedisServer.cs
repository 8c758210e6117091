using System.Diagnostics;
using StackExchange.Redis;

namespace Rosud.Hosting;

/// <summary>A Redis of one test that keeps what it acknowledged, on its own loopback port and in its own folder.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _port;
    private Process _process;

    private RedisServer(string folder, int port, Process process)
    {
        _folder = folder;
        _port = port;
        _process = process;
    }

    public string ConnectionString => $"127.0.0.1:{_port}";

    /// <summary>The settings that make a host use it.</summary>
    public string[] Settings => ["--environment", "Redis", $"--ConnectionStrings:redis={ConnectionString}"];

    public static async Task<RedisServer> Start()
    {
        var folder = Directory.CreateTempSubdirectory("rosud-redis-").FullName;
        var port = FreePort.Next();
        return new(folder, port, await Launch(folder, port));
    }

    public Task<ConnectionMultiplexer> Connect() => ConnectionMultiplexer.ConnectAsync(ConnectionString);

    /// <summary>SIGKILL, then the same data again.</summary>
    public async Task KillAndRestart()
    {
        await Kill();
        _process.Dispose();
        _process = await Launch(_folder, _port);
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Process> Launch(string folder, int port)
    {
        var start = new ProcessStartInfo(
            "redis-server",
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""])
        {
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal)) continue;
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);   // Else a full pipe would block it.
            return process;
        }

        process.Dispose();   // Its output ended, so it did.
        throw new InvalidOperationException("redis-server did not start.");
    }

    private async Task Kill()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
    }
}
