using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Rosud.Context;

namespace Rosud.Tenants;

/// <summary>A refusal as <c>application/problem+json</c> (RFC 9457).</summary>
internal sealed record ProblemBody
{
    /// <summary><c>urn:rosud:problem:&lt;name&gt;</c>: what programs go by.</summary>
    public required string Type { get; init; }

    /// <summary>The kind of refusal, for people.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What happened and what to do next.</summary>
    public required string Detail { get; init; }

    /// <summary>The trace to look for in logs.</summary>
    [JsonPropertyName("traceId")]
    public required string TraceId { get; init; }

    /// <summary>With <c>invalid-request</c>: every fault.</summary>
    [Optional] public IReadOnlyList<FaultBody>? Errors { get; init; }

    /// <summary>With <c>contract-rejected</c>: every breach of the contract.</summary>
    [Optional] public IReadOnlyList<FaultBody>? Problems { get; init; }

    /// <summary>With <c>stale-context</c> and <c>conflict</c>: the keys that have changed.</summary>
    [Optional] public IReadOnlyList<StaleKeyBody>? Stale { get; init; }

    /// <summary>The newest version, where it helps to go on.</summary>
    [Optional] public long? Version { get; init; }

    /// <summary>With <c>compacted</c>: the oldest version that is kept.</summary>
    [Optional] public long? Oldest { get; init; }

    /// <summary>When it is worth trying again; as <c>Retry-After</c>, but exact.</summary>
    [Optional] public double? RetryAfterMs { get; init; }

    public static IReadOnlyList<FaultBody>? Faults(ImmutableArray<ProblemError> errors) =>
        errors.IsDefaultOrEmpty ? null : [.. errors.Select(FaultBody.Of)];
}

/// <summary>One fault.</summary>
internal sealed record FaultBody
{
    /// <summary>JSON pointer of the member of the body; empty for the whole body.</summary>
    [Optional] public string? Pointer { get; init; }

    /// <summary>The part of the path, the query parameter or the header.</summary>
    [Optional] public string? Parameter { get; init; }

    /// <summary>What is wrong and what would be right.</summary>
    public required string Message { get; init; }

    /// <summary>A stable word for the kind of fault.</summary>
    public required string Code { get; init; }

    // A JSON pointer is empty or starts with a slash, the name of a parameter never does.
    public static FaultBody Of(ProblemError error) => error.Pointer is "" or ['/', ..]
        ? new() { Pointer = error.Pointer, Message = error.Message, Code = error.Code }
        : new() { Parameter = error.Pointer, Message = error.Message, Code = error.Code };
}

/// <summary>A key that has changed since it was read.</summary>
internal sealed record StaleKeyBody(string Key, long ReadVersion, long CurrentVersion, double BehindMs)
{
    /// <summary>The keys as a problem shows them; null for none.</summary>
    public static IReadOnlyList<StaleKeyBody>? Of(ImmutableArray<StaleKey> keys) => keys.IsDefaultOrEmpty
        ? null
        : [.. keys.Select(key => new StaleKeyBody(key.Key.Value, key.Read.Number, key.Current.Number, key.Behind.TotalMilliseconds))];
}
