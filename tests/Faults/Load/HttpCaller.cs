using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Rosud.Histories;

namespace Rosud.Load;

/// <summary>Talks HTTP to one of several hosts, and to the next when that one does not answer.</summary>
internal sealed class HttpCaller(IReadOnlyList<Uri> hosts, int first, Recorder recorder, TimeSpan? answerWithin = null) : ICaller, ILogReader, IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false }) { Timeout = answerWithin ?? AnswerWithin };
    private int _host = first;

    public void Dispose() => _http.Dispose();

    public async Task Create(string channel, CancellationToken stopped)
    {
        while (await Send(HttpMethod.Post, "/v1/channels", $$"""{"id":"{{channel}}","agents":[]}""", channel, stopped) is not { Status: 200 or 201 })
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stopped);
        }
    }

    public async Task<(Told Told, long Version)?> Commit(string channel, WriteOperation write, CancellationToken stopped)
    {
        if (await Send(HttpMethod.Patch, $"/v1/channels/{channel}/context", Body(write), write.Operation, stopped) is not { } answer) return null;
        return answer.Status switch
        {
            200 => (Told.Accepted, answer.Body.GetProperty("version").GetInt64()),
            412 => (Told.Stale, answer.Body.GetProperty("version").GetInt64()),
            409 or 429 or >= 500 => Lost(),
            _ => throw new InvalidOperationException($"PATCH was answered with {answer.Status}: {answer.Body}"),
        };
    }

    public async Task<(long Version, StateHash Content)?> Read(string channel, long? plainFrom, CancellationToken stopped)
    {
        var query = plainFrom is { } version ? string.Create(CultureInfo.InvariantCulture, $"?consistency=plain&min_version={version}") : "";
        if (await Send(HttpMethod.Get, $"/v1/channels/{channel}/context{query}", null, null, stopped) is not { } answer) return null;
        if (answer.Status is 409 or 429 or >= 500)
        {
            recorder.WasLost();
            return null;
        }

        if (answer.Status != 200) throw new InvalidOperationException($"GET was answered with {answer.Status}: {answer.Body}");
        var content = answer.Body.GetProperty("entries").EnumerateObject().Aggregate(
            StateHash.Empty, (state, entry) => state.With(entry.Name, entry.Value.GetProperty("value").GetRawText(), entry.Value.GetProperty("version").GetInt64()));
        return (answer.Body.GetProperty("version").GetInt64(), content);
    }

    public async Task<ImmutableArray<LogEntry>?> ReadLog(string channel, CancellationToken stopped)
    {
        var log = ImmutableArray.CreateBuilder<LogEntry>();
        while (true)
        {
            var after = log.Count == 0 ? 0 : log[^1].Version;
            var answer = await Send(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/v1/channels/{channel}/changes?after={after}&limit=500"), null, null, stopped);
            if (answer is not { Status: 200, Body: var page } || page.GetProperty("gap").GetBoolean()) return null;
            foreach (var change in page.GetProperty("changes").EnumerateArray()) log.Add(Recorded.Commit(change.GetProperty("version").GetInt64(), Entries(change)));
            if (page.GetProperty("changes").GetArrayLength() == 0) return log.ToImmutable();
        }
    }

    /// <summary>Opens a channel's events; null when this host cannot be reached.</summary>
    public async Task<HttpResponseMessage?> Listen(string channel, long after, CancellationToken stopped)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(hosts[_host % hosts.Count], $"/v1/channels/{channel}/events?types=commit"));
        request.Headers.Add("Last-Event-ID", after.ToString(CultureInfo.InvariantCulture));
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopped);
            if (response.IsSuccessStatusCode) return response;
            response.Dispose();
        }
        catch (Exception fault) when (IsLost(fault, stopped))
        {
            // The next one, then.
        }

        Interlocked.Increment(ref _host);
        return null;
    }

    public static ImmutableArray<Entry> Entries(JsonElement change) =>
    [
        .. change.GetProperty("set").EnumerateObject().Select(set => new Entry(set.Name, set.Value.GetRawText())),
        .. change.GetProperty("delete").EnumerateArray().Select(key => new Entry(key.GetString()!, null)),
    ];

    private static string Body(WriteOperation write)
    {
        var body = new StringBuilder("""{"set":{""").AppendJoin(',', write.Writes.Select(entry => $"\"{entry.Key}\":{entry.Value}")).Append('}');
        if (write.BasedOn is { } basedOn) body.Append(CultureInfo.InvariantCulture, $",\"based_on\":{basedOn}");
        if (!write.Reads.IsEmpty) body.Append(",\"reads\":[").AppendJoin(',', write.Reads.Select(key => $"\"{key}\"")).Append(']');
        return body.Append('}').ToString();
    }

    private async Task<(int Status, JsonElement Body)?> Send(HttpMethod method, string path, string? body, string? key, CancellationToken stopped)
    {
        using var request = new HttpRequestMessage(method, new Uri(hosts[_host % hosts.Count], path));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        try
        {
            using var response = await _http.SendAsync(request, stopped);
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(stopped));
            if (response.StatusCode >= HttpStatusCode.InternalServerError) Interlocked.Increment(ref _host);
            return ((int)response.StatusCode, document.RootElement.Clone());
        }
        catch (Exception fault) when (fault is JsonException || IsLost(fault, stopped))
        {
            Interlocked.Increment(ref _host);
            recorder.WasLost();
            return null;
        }
    }

    private static bool IsLost(Exception fault, CancellationToken stopped) =>
        fault is HttpRequestException or IOException || (fault is OperationCanceledException && !stopped.IsCancellationRequested);

    private (Told, long)? Lost()
    {
        recorder.WasLost();
        return null;
    }
}
