using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rosud.A2A;

namespace Rosud.Tenants;

/// <summary>Answers a refusal.</summary>
internal sealed class ProblemResult(Problem problem, IReadOnlyList<StaleKeyBody>? stale = null) : IResult
{
    public const string ContentType = "application/problem+json";

    public int Status { get; } = StatusOf(problem.Kind);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (problem.RetryAfter is { } retryAfter)
        {
            httpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return Write(httpContext, Body(httpContext));
    }

    public static Task Write(HttpContext http, ProblemBody body)
    {
        http.Response.StatusCode = body.Status;
        if (http.RequestServices.GetService<Mapped>()?.IsA2A(http.Request.Path) == true) return RpcError.Write(http, body);
        return http.Response.WriteAsJsonAsync(body, Wire.Json, ContentType, http.RequestAborted);
    }

    /// <summary>A problem of the protocol itself, which no actor can have.</summary>
    public static ProblemBody Plain(HttpContext http, int status, string name, string title, string detail) => new()
    {
        Type = $"urn:rosud:problem:{name}",
        Title = title,
        Status = status,
        Detail = detail,
        TraceId = TraceOf(http),
    };

    /// <summary>A fault of the host that its operator has to put right.</summary>
    public static IResult Internal(string detail) => new OfHost(detail);

    public static string NameOf(ProblemKind kind) => Wire.NameOf(kind).Replace('_', '-');

    public static int StatusOf(ProblemKind kind) => kind switch
    {
        ProblemKind.InvalidRequest => 400,
        ProblemKind.Forbidden => 403,
        ProblemKind.NotFound => 404,
        ProblemKind.AlreadyExists or ProblemKind.VersionAhead or ProblemKind.Fenced or ProblemKind.InProgress or ProblemKind.ParkedFull or ProblemKind.Unverified => 409,
        ProblemKind.Compacted => 410,
        ProblemKind.StaleContext or ProblemKind.Conflict => 412,
        ProblemKind.PayloadTooLarge or ProblemKind.QuotaExceeded => 413,
        ProblemKind.IdempotencyMismatch or ProblemKind.ContractRejected => 422,
        ProblemKind.PreconditionRequired => 428,
        ProblemKind.Overloaded => 429,
        ProblemKind.CircuitOpen or ProblemKind.UnknownOutcome => 503,
        _ => throw new UnreachableException($"The problem {kind} has no status."),
    };

    private ProblemBody Body(HttpContext http)
    {
        var faults = ProblemBody.Faults(problem.Errors);
        var ofContract = problem.Kind == ProblemKind.ContractRejected;
        return new()
        {
            Type = $"urn:rosud:problem:{NameOf(problem.Kind)}",
            Title = TitleOf(problem.Kind),
            Status = Status,
            Detail = problem.Detail,
            TraceId = TraceOf(http),
            Errors = ofContract ? null : faults,
            Problems = ofContract ? faults ?? [] : null,
            Stale = stale,
            Version = problem.Version,
            Oldest = problem.Oldest,
            RetryAfterMs = problem.RetryAfter?.TotalMilliseconds,
        };
    }

    private sealed class OfHost(string detail) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Write(httpContext, Plain(httpContext, 500, "internal", "Something broke", detail));
    }

    private static string TraceOf(HttpContext http) => Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;

    private static string TitleOf(ProblemKind kind) => kind switch
    {
        ProblemKind.InvalidRequest => "The request is wrong",
        ProblemKind.Forbidden => "The key lacks the right",
        ProblemKind.NotFound => "There is no such thing",
        ProblemKind.AlreadyExists => "The name is taken",
        ProblemKind.VersionAhead => "The version is not there yet",
        ProblemKind.Fenced => "The attempt no longer counts",
        ProblemKind.InProgress => "The same request is still running",
        ProblemKind.ParkedFull => "Too many writes wait to be resolved",
        ProblemKind.Unverified => "It was not judged yet",
        ProblemKind.Compacted => "That history is no longer kept",
        ProblemKind.StaleContext => "What was read has changed",
        ProblemKind.Conflict => "What was written has changed",
        ProblemKind.PayloadTooLarge => "It is too large",
        ProblemKind.QuotaExceeded => "The quota is used up",
        ProblemKind.IdempotencyMismatch => "The key was used for something else",
        ProblemKind.ContractRejected => "The task breaks a contract",
        ProblemKind.PreconditionRequired => "The version it is based on is required",
        ProblemKind.Overloaded => "There is no room right now",
        ProblemKind.CircuitOpen => "The agent's breaker is open",
        ProblemKind.UnknownOutcome => "It may or may not have happened",
        _ => throw new UnreachableException($"The problem {kind} has no title."),
    };
}
