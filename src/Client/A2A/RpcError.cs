using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>A refusal as the protocol has it: a <c>google.rpc.Status</c>.</summary>
/// <param name="Error">All of it.</param>
internal sealed record RpcError(RpcStatus Error)
{
    private const string ProtocolDomain = "a2a-protocol.org";
    private const string OwnDomain = "rosud";

    /// <summary>An error that the protocol names.</summary>
    public static IResult Of(int status, string reason, string message) => TypedResults.Json(
        new RpcError(new RpcStatus(status, status == 404 ? "NOT_FOUND" : reason == "CONTENT_TYPE_NOT_SUPPORTED" ? "INVALID_ARGUMENT" : "FAILED_PRECONDITION", message, [new RpcDetail("ErrorInfo") { Reason = reason, Domain = ProtocolDomain }])),
        Protocol.Json, Protocol.ContentType, status);

    public static IResult NoTask { get; } = Of(404, "TASK_NOT_FOUND", "There is no such task in this channel.");

    /// <summary>Writes a problem of the API in this form.</summary>
    public static Task Write(HttpContext http, ProblemBody problem)
    {
        http.Response.StatusCode = problem.Status;
        if (problem.RetryAfterMs is { } ms) http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(ms / 1000)).ToString(CultureInfo.InvariantCulture);
        return http.Response.WriteAsJsonAsync(Of(problem), Protocol.Json, Protocol.ContentType, http.RequestAborted);
    }

    private static RpcError Of(ProblemBody problem)
    {
        var reason = problem.Type["urn:rosud:problem:".Length..].Replace('-', '_').ToUpperInvariant();
        List<RpcDetail> details = [new("ErrorInfo") { Reason = reason, Domain = OwnDomain, Metadata = new() { ["type"] = problem.Type, ["traceId"] = problem.TraceId } }];
        if ((problem.Errors ?? problem.Problems) is { Count: > 0 } faults)
        {
            details.Add(new("BadRequest") { FieldViolations = [.. faults.Select(fault => new RpcViolation(fault.Pointer ?? fault.Parameter ?? "", fault.Message, fault.Code.ToUpperInvariant()))] });
        }

        if (problem.RetryAfterMs is { } ms) details.Add(new("RetryInfo") { RetryDelay = string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.###}s") });
        return new(new RpcStatus(problem.Status, StatusOf(problem.Status), problem.Detail, details));
    }

    private static string StatusOf(int status) => status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        405 => "UNIMPLEMENTED",
        408 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        412 or 428 => "FAILED_PRECONDITION",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        503 => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    };
}

/// <summary>What went wrong.</summary>
internal sealed record RpcStatus(int Code, string Status, string Message, IReadOnlyList<RpcDetail> Details);

/// <summary>More about it; its kind says which members it has.</summary>
internal sealed record RpcDetail(string Kind)
{
    [JsonPropertyName("@type")]
    public string Type => $"type.googleapis.com/google.rpc.{Kind}";

    [JsonIgnore]
    public string Kind { get; } = Kind;

    public string? Reason { get; init; }

    public string? Domain { get; init; }

    public Dictionary<string, string>? Metadata { get; init; }

    public IReadOnlyList<RpcViolation>? FieldViolations { get; init; }

    public string? RetryDelay { get; init; }
}

/// <summary>One fault of a request.</summary>
internal sealed record RpcViolation(string Field, string Description, string Reason);
