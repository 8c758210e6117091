using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rosud.W6;

/// <summary>One kept HTTP/1.1 connection that sends prepared requests: the load must not cost more than what it measures.</summary>
internal sealed class HttpConnection : IDisposable
{
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] EndOfChunks = "\r\n0\r\n\r\n"u8.ToArray();

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];

    private HttpConnection(Socket socket) => _socket = socket;

    public static async Task<HttpConnection> Open(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new(socket);
    }

    /// <summary>Sends a whole request and reads its whole answer.</summary>
    /// <exception cref="HttpRequestException">The answer is not 200.</exception>
    public async Task Send(byte[] request)
    {
        await _socket.SendAsync(request);
        var length = 0;
        do
        {
            var received = await _socket.ReceiveAsync(_buffer.AsMemory(length));
            if (received == 0) throw new HttpRequestException("The host closed the connection.");
            length += received;
        }
        while (!IsWhole(_buffer.AsSpan(0, length)));
        if (!_buffer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8)) throw new HttpRequestException(Encoding.UTF8.GetString(_buffer, 0, length));
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf(EndOfHead);
        if (head < 0) return false;
        var fields = Encoding.ASCII.GetString(answer[..head]);
        const string Length = "\r\nContent-Length: ";
        var at = fields.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return answer.EndsWith(EndOfChunks);
        var value = fields.AsSpan(at + Length.Length);
        var end = value.IndexOf('\r');
        return answer.Length - head - EndOfHead.Length >= int.Parse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture);
    }
}
