using System.Globalization;
using Rosud.W6;

namespace Rosud.Listeners;

/// <summary>A client that expects each version once and in order.</summary>
internal sealed class OrderedClient : IAsyncDisposable
{
    private readonly TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _after;
    private SseClient _client = null!;
    private long _last;
    private int _wrong;
    private long _awaited = long.MaxValue;

    private OrderedClient(long after) => _last = _after = after;

    /// <summary>Whether its stream was ended from the other side.</summary>
    public bool HasEnded => _client.HasEnded;

    /// <param name="after">The last version that it has.</param>
    public static async Task<OrderedClient> Open(HttpClient http, string channel, Action<long> heard, long after = 0)
    {
        var client = new OrderedClient(after);
        client._client = await SseClient.Open(http, channel, version => client.Hear(version, heard), after);
        return client;
    }

    /// <summary>How many versions up to <paramref name="last"/> were missed, came twice or out of order; waits for the last one.</summary>
    public async Task<long> Missed(long last, TimeSpan within)
    {
        Interlocked.Exchange(ref _awaited, last);
        if (Interlocked.Read(ref _last) < last) await _moved.Task.WaitAsync(within).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Math.Max(0, last - Interlocked.Read(ref _last)) + Volatile.Read(ref _wrong);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"after {_after}, at {_last}");

    private void Hear(long version, Action<long> heard)
    {
        if (version != _last + 1) Interlocked.Increment(ref _wrong);
        Interlocked.Exchange(ref _last, version);
        heard(version);
        if (version >= Interlocked.Read(ref _awaited)) _moved.TrySetResult();
    }
}
