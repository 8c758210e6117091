using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Rosud.Hosting;

/// <summary>Stands between callers and one host, and resets their connections when told to.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly int _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _accepting;

    public FaultProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = Accept();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Resets every connection; what was sent may have arrived or not.</summary>
    /// <returns>How many there were.</returns>
    public int Drop()
    {
        var dropped = 0;
        foreach (var socket in _open.Keys)
        {
            if (!_open.TryRemove(socket, out _)) continue;
            dropped++;
            socket.LingerState = new(true, 0);
            socket.Dispose();
        }

        return dropped;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Stop();
        Drop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopped.Dispose();
        _listener.Dispose();
    }

    private async Task Accept()
    {
        while (!_stopped.IsCancellationRequested) _ = Serve(await _listener.AcceptSocketAsync(_stopped.Token));
    }

    private async Task Serve(Socket caller)
    {
        using var host = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        caller.NoDelay = true;
        _open[caller] = true;
        try
        {
            await host.ConnectAsync(IPAddress.Loopback, _target, _stopped.Token);
            await Task.WhenAny(Pump(caller, host), Pump(host, caller));
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The host is not there; the caller sees its connection end.
        }

        _open.TryRemove(caller, out _);
        caller.Dispose();
    }

    private static async Task Pump(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // One end has gone; so does the other.
        }
    }
}
