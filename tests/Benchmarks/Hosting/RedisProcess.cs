using System.ComponentModel;

namespace Rosud.Hosting;

/// <summary>A Redis of one run that keeps what it acknowledged (append-only, fsync always), on its own loopback port and folder.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly Child _child;

    private RedisProcess(Child child, string connection)
    {
        _child = child;
        Connection = connection;
    }

    public string Connection { get; }

    /// <summary>Starts one, or returns null when this machine has no redis-server.</summary>
    public static async Task<RedisProcess?> StartIfInstalled(string folder)
    {
        var port = FreePort.Next();
        string[] arguments = ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""];
        try
        {
            return new(await Child.Start("redis-server", arguments, "Ready to accept connections", folder), $"127.0.0.1:{port}");
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>It stands still for a while; who asks it waits.</summary>
    public async Task Freeze(TimeSpan span)
    {
        await _child.Pause();
        await Task.Delay(span, TimeProvider.System);
        await _child.Resume();
    }

    public ValueTask DisposeAsync() => _child.DisposeAsync();
}
