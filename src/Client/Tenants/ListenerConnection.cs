using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Rosud.Tenants;

/// <summary>What one who only listens may cost: the connection's own buffers and time, which the system keeps outside of what the process counts.</summary>
internal static class ListenerConnection
{
    // A kernel grows the buffer of a connection that takes nothing to megabytes.
    private const int SendBufferBytes = 128 * 1024;

    private const int LinuxTcp = 6;
    private const int LinuxUserTimeout = 18;
    private const int ProbesMax = 3;

    /// <summary>Has the system end the connection when the other side has taken nothing, or is not there, for <paramref name="patience"/>.</summary>
    /// <remarks>Behind a proxy it is the proxy's connection; then what cannot be written ends it.</remarks>
    public static void Bound(HttpContext http, TimeSpan patience)
    {
        if (http.Features.Get<IConnectionSocketFeature>()?.Socket is not { AddressFamily: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 } socket) return;
        try
        {
            var probe = (int)Math.Max(1, patience.TotalSeconds / (ProbesMax + 1));
            socket.SendBufferSize = SendBufferBytes;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, probe);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, probe);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, ProbesMax);
            if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(LinuxTcp, LinuxUserTimeout, BitConverter.GetBytes((int)patience.TotalMilliseconds));
        }
        catch (SocketException)
        {
            // Not every system has all of it: what cannot be written still ends the connection.
        }
        catch (ObjectDisposedException)
        {
            // The listener has gone already.
        }
    }
}
