using System.Text;
using System.Text.Json;

namespace Rosud.W4;

/// <summary>
/// Asks one of two hosts, and the other too when that one fails or has not answered for a while; both go on until one has answered. Every request can be repeated: it has a key under which it is done once.
/// .NET's standard hedging handler does the same.
/// </summary>
internal sealed class TwoAddresses(IReadOnlyList<string> hosts, int first) : IDisposable
{
    private static readonly TimeSpan HedgeAfter = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan TryFor = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private int _host = first % hosts.Count;

    public void Dispose() => _http.Dispose();

    /// <summary>The first answer that says something; null when none came in time.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="path">Its path and query.</param>
    /// <param name="key">The key under which it is done once.</param>
    /// <param name="body">Its body for the time that is left, or null.</param>
    /// <param name="within">How long to go on.</param>
    public async Task<JsonElement?> Ask(HttpMethod method, string path, string? key, Func<TimeSpan, string>? body, TimeSpan within)
    {
        using var over = new CancellationTokenSource(within, TimeProvider.System);
        var until = TimeProvider.System.GetTimestamp();
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var preferred = _host;
        Task<JsonElement?>[] asking =
        [
            Persist(preferred, Task.CompletedTask),
            Persist((preferred + 1) % hosts.Count, Task.WhenAny(failed.Task, Task.Delay(HedgeAfter, TimeProvider.System, over.Token))),
        ];
        var answer = await await Task.WhenAny(asking);
        await over.CancelAsync();
        await Task.WhenAll(asking);
        return answer;

        async Task<JsonElement?> Persist(int host, Task begin)
        {
            await begin;
            while (!over.IsCancellationRequested)
            {
                var text = body?.Invoke(within - TimeProvider.System.GetElapsedTime(until));
                if (await Once(method, new Uri($"{hosts[host]}{path}"), key, text, over.Token) is { } said)
                {
                    _host = host;
                    return said;
                }

                failed.TrySetResult();
                await Task.Delay(Pause, TimeProvider.System, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return null;
        }
    }

    // Null for everything that says "again": nobody there, no answer, 202, a request under the same key at work, and trouble of the host.
    private async Task<JsonElement?> Once(HttpMethod method, Uri uri, string? key, string? body, CancellationToken over)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(over);
        late.CancelAfter(TryFor);
        using var request = new HttpRequestMessage(method, uri);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        request.Headers.Add("Prefer", "wait=1");
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        try
        {
            using var response = await _http.SendAsync(request, late.Token);
            if ((int)response.StatusCode is not (200 or 201)) return (int)response.StatusCode is 202 or 409 or 429 or >= 500 ? null : throw new InvalidOperationException($"{method} {uri} was answered with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(late.Token)}");
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(late.Token));
            return document.RootElement.Clone();
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            return null;
        }
    }
}
