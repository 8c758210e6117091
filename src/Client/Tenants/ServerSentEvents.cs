using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rosud.Channels;

namespace Rosud.Tenants;

/// <summary>One server-sent event.</summary>
/// <param name="Id">What a listener sends back as <c>Last-Event-ID</c>; null leaves the last one. Made of numbers and names, never of what callers write.</param>
/// <param name="Type">The event's name; null for no event: only the id moves on.</param>
/// <param name="Body">Written as JSON, which has no line breaks.</param>
internal sealed record ServerSentEvent(string? Id, string? Type, object? Body);

/// <summary>
/// Sends events as they come, and a comment whenever nothing came for 15 s, so that both sides notice a dead connection. A listener that takes nothing for
/// <see cref="ListenerOptions.Patience"/> is cut: what waits for it is bounded in its feed, and it can come back and go on where it was.
/// </summary>
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
        var patience = httpContext.RequestServices.GetRequiredService<IOptions<ListenerOptions>>().Value.Patience;
        ListenerConnection.Bound(httpContext, patience);
        ListenerMeter.Came();
        try
        {
            await using var source = events.GetAsyncEnumerator(gone);
            var first = source.MoveNextAsync().AsTask();
            await Task.WhenAny(first, ready ?? Task.CompletedTask);
            if (first.IsFaulted) await first;   // Nothing is said yet: it can still be a problem.
            response.BodyWriter.Write(":\n\n"u8);
            if (await WasTakenAsync(httpContext, patience)) await SendAsync(httpContext, source, first, patience);
            else await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The listener has gone.
        }
        finally
        {
            ListenerMeter.Went();
        }
    }

    private async Task SendAsync(HttpContext http, IAsyncEnumerator<ServerSentEvent> source, Task<bool> next, TimeSpan patience)
    {
        var (response, gone) = (http.Response, http.RequestAborted);
        for (; ; next = source.MoveNextAsync().AsTask())
        {
            while (!next.IsCompleted && await IsSilent(next, gone))
            {
                response.BodyWriter.Write(":\n\n"u8);
                await WasTakenAsync(http, patience);   // When not, the source ends by the abort: it must not be left in mid-step.
            }

            if (!await next) return;
            Write(response.BodyWriter, source.Current);
            if (!await WasTakenAsync(http, patience)) return;
        }
    }

    // Waits when the listener is slow, so its feed fills and is cut off there; but not for ever.
    private async Task<bool> WasTakenAsync(HttpContext http, TimeSpan patience)
    {
        var flushing = http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        var taken = flushing.AsTask();
        try
        {
            if (taken.IsCompleted) await taken;
            else await taken.WaitAsync(patience, time);
            return true;
        }
        catch (TimeoutException)
        {
            ListenerMeter.Cut();
            http.Abort();
            await ((Task)taken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
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
