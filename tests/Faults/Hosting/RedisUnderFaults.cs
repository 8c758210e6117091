using System.ComponentModel;
using System.Globalization;

namespace Rosud.Hosting;

/// <summary>A Redis that keeps what it acknowledged (append-only, fsync always) and that is killed and started again on the same data.</summary>
internal sealed class RedisUnderFaults : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _port = FreePort.Next();
    private ChildProcess? _process;

    private RedisUnderFaults(string folder) => _folder = folder;

    public string Connection => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>The settings that make a host use it.</summary>
    public string[] Settings => ["--environment", "Redis", $"--ConnectionStrings:redis={Connection},abortConnect=false"];

    /// <summary>Starts one, or returns null when this machine has no redis-server.</summary>
    public static async Task<RedisUnderFaults?> StartIfInstalled(string folder)
    {
        var redis = new RedisUnderFaults(folder);
        try
        {
            await redis.Start();
            return redis;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    public Task Kill() => _process!.Kill();

    public async Task Restart()
    {
        await _process!.DisposeAsync();
        await Start();
    }

    public ValueTask DisposeAsync() => _process!.DisposeAsync();

    private async Task Start() => _process = await ChildProcess.Start(
        "redis-server",
        ["--port", string.Create(CultureInfo.InvariantCulture, $"{_port}"), "--bind", "127.0.0.1", "--dir", _folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
        "Ready to accept connections",
        _folder);
}
