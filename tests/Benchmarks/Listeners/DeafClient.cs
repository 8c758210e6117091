using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Rosud.Listeners;

/// <summary>
/// A client of an event stream that takes nothing of it: one that stands still with the connection open, or one whose network is gone, so that not even an
/// acknowledgement comes back.
/// </summary>
internal sealed class DeafClient : IDisposable
{
    private const int ReceiveBufferBytes = 4 * 1024;
    private const int SolSocket = 1;
    private const int SoAttachFilter = 26;
    private const byte ReturnConstant = 0x06;

    private readonly Socket _socket;

    private DeafClient(Socket socket) => _socket = socket;

    /// <summary>Whether this system can lose the packets of a single connection.</summary>
    public static bool CanBeHalfOpen => OperatingSystem.IsLinux();

    /// <summary>Opens the stream and reads nothing after the beginning of the answer.</summary>
    public static async Task<DeafClient> Open(Uri host, string path, CancellationToken stopped)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = ReceiveBufferBytes, NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.Port), stopped);
        await socket.SendAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{host.Port}\r\nConnection: close\r\n\r\n")), stopped);
        var answer = new byte[ReceiveBufferBytes];
        var read = await socket.ReceiveAsync(answer, stopped);
        if (!Encoding.ASCII.GetString(answer, 0, read).StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) throw new InvalidOperationException($"The stream was not opened: {Encoding.ASCII.GetString(answer, 0, read)}");
        return new(socket);
    }

    /// <summary>From now on every packet to this client is lost before it is acknowledged, and it sends none.</summary>
    public void LoseTheNetwork()
    {
        // A socket filter of one instruction: keep nothing of any packet.
        Span<byte> instruction = [ReturnConstant, 0, 0, 0, 0, 0, 0, 0];
        var memory = Marshal.AllocHGlobal(instruction.Length);
        try
        {
            Marshal.Copy(instruction.ToArray(), 0, memory, instruction.Length);
            var program = new byte[16];
            BitConverter.TryWriteBytes(program, (ushort)1);
            BitConverter.TryWriteBytes(program.AsSpan(8), (long)memory);
            _socket.SetRawSocketOption(SolSocket, SoAttachFilter, program);
        }
        finally
        {
            Marshal.FreeHGlobal(memory);
        }
    }

    /// <summary>Takes everything after all, until the other side ends it.</summary>
    /// <returns>What came, as far as it came.</returns>
    public async Task<string> ReadToEnd(CancellationToken stopped)
    {
        var text = new StringBuilder();
        var bytes = new byte[64 * 1024];
        try
        {
            while (await _socket.ReceiveAsync(bytes, stopped) is > 0 and var read) text.Append(Encoding.UTF8.GetString(bytes, 0, read));
        }
        catch (SocketException)
        {
            // It was cut.
        }

        return text.ToString();
    }

    public void Dispose() => _socket.Dispose();
}
