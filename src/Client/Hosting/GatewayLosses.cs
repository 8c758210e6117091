namespace Rosud.Hosting;

/// <summary>Tells those who wait for answers when a gateway is gone: what was asked over it may never be answered.</summary>
internal sealed class GatewayLosses : IDisposable
{
    private CancellationTokenSource _next = new();

    /// <summary>Set when the next gateway is lost or found.</summary>
    public CancellationToken Next => Volatile.Read(ref _next).Token;

    // Not disposed: somebody may be about to look at it.
    public void Happened() => _ = Interlocked.Exchange(ref _next, new()).CancelAsync();

    public void Dispose() => _next.Dispose();
}
