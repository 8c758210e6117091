using System.Globalization;

namespace Rosud.W6;

/// <summary>One client of a channel's event stream, on a connection of its own.</summary>
internal sealed class SseClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpResponseMessage _answer;
    private readonly Task _reading;

    private SseClient(HttpResponseMessage answer, Action<long> heard)
    {
        _answer = answer;
        _reading = Read(heard);
    }

    /// <summary>Opens the stream; <paramref name="heard"/> gets the version of each commit, from the one behind <paramref name="after"/>.</summary>
    public static async Task<SseClient> Open(HttpClient http, string channel, Action<long> heard, long after = 0)
    {
        var answer = await http.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/channels/{channel}/events?types=commit&after={after}"), HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        return new(answer, heard);
    }

    /// <summary>Whether the stream was ended from the other side.</summary>
    public bool HasEnded => _reading.IsCompleted;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _answer.Dispose();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    // An event counts as heard when its whole block has come: data follows the id, an empty line ends it.
    private async Task Read(Action<long> heard)
    {
        using var reader = new StreamReader(await _answer.Content.ReadAsStreamAsync(_stop.Token));
        long? version = null;
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            if (line.Length == 0 && version is { } whole)
            {
                heard(whole);
                version = null;
            }
            else if (line.StartsWith("id:", StringComparison.Ordinal) && long.TryParse(line.AsSpan(3), out var id))
            {
                version = id;
            }
        }
    }
}
