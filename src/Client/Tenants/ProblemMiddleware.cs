using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rosud.Hosting;

namespace Rosud.Tenants;

/// <summary>Sees to it that whatever goes wrong in an API is answered as a problem, also what no route has seen.</summary>
internal sealed class ProblemMiddleware(RequestDelegate next, Mapped mapped, ILogger<ProblemMiddleware> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (!mapped.IsApi(http.Request.Path))
        {
            await next(http);
            return;
        }

        if (HasTwoLengths(http.Request))
        {
            http.Response.Headers.Connection = "close";
            await ProblemResult.Write(http, OfStatus(http, 400));
            return;
        }

        var gone = http.RequestAborted;   // A host that stops may put a token of its own in its place.
        try
        {
            await next(http);
            if (!http.Response.HasStarted && http.Response is { StatusCode: >= 400, ContentType: null }) await ProblemResult.Write(http, OfStatus(http, http.Response.StatusCode));
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The caller has gone: there is nobody to answer.
        }
        catch (Exception fault) when (!http.Response.HasStarted)
        {
            http.RequestAborted = gone;
            http.Response.Clear();
            await Answer(http, fault);
        }
    }

    // A body with a length and chunks is read in two ways by two servers. The web server keeps the length aside under this name.
    private static bool HasTwoLengths(HttpRequest request) =>
        request.Headers.TransferEncoding.Count > 0 && (request.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length"));

    private Task Answer(HttpContext http, Exception fault)
    {
        if (fault is BadHttpRequestException bad) return ProblemResult.Write(http, OfStatus(http, bad.StatusCode));
        if (fault is OverloadedException full) return new ProblemResult(new(ProblemKind.Overloaded, full.Message) { RetryAfter = full.RetryAfter }).ExecuteAsync(http);
        if (fault is OperationCanceledException) return new ProblemResult(UnknownOutcome).ExecuteAsync(http);   // The host stops.
        if (LostCalls.LeavesOutcomeOpen(fault))
        {
            log.LogWarning(fault, "A call into the cluster was not answered");
            return new ProblemResult(UnknownOutcome).ExecuteAsync(http);
        }

        log.LogError(fault, "A request failed in a way that nobody foresaw");
        return ProblemResult.Write(http, OfStatus(http, 500));
    }

    public static Problem UnknownOutcome { get; } = new(ProblemKind.UnknownOutcome, "It may or may not have happened. Repeat the request with the same Idempotency-Key: the answer is then exact.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private static ProblemBody OfStatus(HttpContext http, int status) => status switch
    {
        400 => ProblemResult.Plain(http, status, "invalid-request", "The request is wrong", "The request could not be read."),
        401 => ProblemResult.Plain(http, status, "unauthorized", "A key is required", "Send a valid API key as Authorization: Bearer <key>."),
        403 => ProblemResult.Plain(http, status, "forbidden", "The key lacks the right", "This key's role does not allow this request."),
        404 => ProblemResult.Plain(http, status, "not-found", "There is no such thing", "There is no such route. /openapi/v1.json lists the routes."),
        405 => ProblemResult.Plain(http, status, "method-not-allowed", "There is no such method", "This route does not have that method; Allow lists those it has."),
        408 => ProblemResult.Plain(http, status, "request-timeout", "The request came too slowly", "The body did not arrive in time."),
        413 => ProblemResult.Plain(http, status, "payload-too-large", "It is too large", "A body may have 1 MiB."),
        415 => ProblemResult.Plain(http, status, "unsupported-media-type", "The body has the wrong type", "Send application/json in UTF-8 without a Content-Encoding."),
        500 => ProblemResult.Plain(http, status, "internal", "Something broke", "This is a fault of the server; the trace id finds it in its log."),
        _ => ProblemResult.Plain(http, status, "refused", "The request was refused", "The server refused the request."),
    };
}

/// <summary>Puts <see cref="ProblemMiddleware"/> around everything else, routing and authentication included.</summary>
internal sealed class ProblemsFirst(Mapped mapped) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        mapped.Then(() => app.UseMiddleware<ProblemMiddleware>().UseMiddleware<OpenHostGuard>());
        next(app);
    };
}
