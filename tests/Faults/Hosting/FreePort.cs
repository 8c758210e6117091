using System.Net;
using System.Net.Sockets;

namespace Rosud.Hosting;

/// <summary>
/// Loopback ports for programs that are to be started. They lie below those that a system gives to outgoing connections, so that none of these
/// takes one while its program is down; no process gets one twice, and processes begin apart from one another.
/// </summary>
internal static class FreePort
{
    private const int First = 12_000;
    private const int Blocks = 80;
    private const int BlockLength = 100;

    private static int _given = Environment.ProcessId % Blocks * BlockLength;

    /// <summary>A port that nobody listens on.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = First + Interlocked.Increment(ref _given) % (Blocks * BlockLength);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one, then.
            }
        }
    }
}
