using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rosud.Tenants;

/// <summary>One server-sent event.</summary>
/// <param name="Id">What a listener sends back as <c>Last-Event-ID</c>; null leaves the last one. Made of numbers and names, never of what callers write.</param>
/// <param name="Type">The event's name; null for no event: only the id moves on.</param>
/// <param name="Body">Written as JSON, which has no line breaks.</param>
internal sealed record ServerSentEvent(string? Id, string? Type, object? Body);

/// <summary>Sends events as they come, and a comment whenever nothing came for 15 s, so that both sides notice a dead connection.</summary>
/// <param name="events">The events.</param>
/// <param name="time">The clock.</param>
/// <param name="ready">Completes when nothing that happens from now on can be missed; the answer begins then, or with the first event. Null for at once.</param>
internal sealed class ServerSentEvents(IAsyncEnumerable<ServerSentEvent> events, TimeProvider time, Task? ready = null) : IResult
{
    public const string ContentType = "text/event-stream";

    public static TimeSpan Silence { get; } = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var gone = httpContext.RequestAborted;
        try
        {
            await using var source = events.GetAsyncEnumerator(gone);
            var first = source.MoveNextAsync().AsTask();
            await Task.WhenAny(first, ready ?? Task.CompletedTask);
            if (first.IsFaulted) await first;   // Nothing is said yet: it can still be a problem.
            response.BodyWriter.Write(":\n\n"u8);
            await response.BodyWriter.FlushAsync(CancellationToken.None);
            await SendAsync(response, source, first, gone);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The listener has gone.
        }
    }

    private async Task SendAsync(HttpResponse response, IAsyncEnumerator<ServerSentEvent> source, Task<bool> next, CancellationToken gone)
    {
        for (; ; next = source.MoveNextAsync().AsTask())
        {
            while (!next.IsCompleted && await IsSilent(next, gone))
            {
                response.BodyWriter.Write(":\n\n"u8);
                await response.BodyWriter.FlushAsync(CancellationToken.None);   // An abort ends it, and then the source: it must not be left in mid-step.
            }

            if (!await next) return;
            Write(response.BodyWriter, source.Current);
            await response.BodyWriter.FlushAsync(CancellationToken.None);   // Waits when the listener is slow, so its feed fills and is cut off there.
        }
    }

    private async Task<bool> IsSilent(Task next, CancellationToken gone)
    {
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var silence = Task.Delay(Silence, time, woken.Token);
        var silent = await Task.WhenAny(next, silence) == silence;
        await woken.CancelAsync();
        return silent && !gone.IsCancellationRequested;
    }

    private static void Write(IBufferWriter<byte> output, ServerSentEvent item)
    {
        if (item.Id is { } id) output.Write(Encoding.UTF8.GetBytes($"id: {id}\n"));
        if (item.Type is { } type)
        {
            output.Write(Encoding.UTF8.GetBytes($"event: {type}\ndata: "));
            output.Write(JsonSerializer.SerializeToUtf8Bytes(item.Body, Wire.Json));
            output.Write("\n"u8);
        }

        output.Write("\n"u8);
    }
}
