using System.Collections.Immutable;

namespace Rosud.Tenants;

/// <summary>Why a request was refused. The HTTP contract shows each as <c>urn:rosud:problem:&lt;name&gt;</c>.</summary>
public enum ProblemKind
{
    /// <summary>400: the request itself is wrong; <see cref="Problem.Errors"/> says where.</summary>
    InvalidRequest,

    /// <summary>404: it is not there, or not this tenant's.</summary>
    NotFound,

    /// <summary>409: the name is taken by something else.</summary>
    AlreadyExists,

    /// <summary>409: the version named is newer than the head.</summary>
    VersionAhead,

    /// <summary>409: a later attempt has the step, or the attempt's lease ended.</summary>
    Fenced,

    /// <summary>409: the same request is still running.</summary>
    InProgress,

    /// <summary>412: a key that was relied upon has changed.</summary>
    StaleContext,

    /// <summary>412: a written key has changed.</summary>
    Conflict,

    /// <summary>428: this write needs the version it is based on.</summary>
    PreconditionRequired,

    /// <summary>422: the key or id was used before with another body.</summary>
    IdempotencyMismatch,

    /// <summary>422: the task breaks a contract; <see cref="Problem.Errors"/> lists every breach.</summary>
    ContractRejected,

    /// <summary>413: one thing is too large.</summary>
    PayloadTooLarge,

    /// <summary>413: all things together are too large.</summary>
    QuotaExceeded,

    /// <summary>410: that part of the history is no longer kept.</summary>
    Compacted,

    /// <summary>429: full right now; try again after <see cref="Problem.RetryAfter"/>.</summary>
    Overloaded,

    /// <summary>503: the agent's breaker is open.</summary>
    CircuitOpen,

    /// <summary>503: it may or may not have happened; repeat it with the same id.</summary>
    UnknownOutcome,

    /// <summary>403: the key lacks the right.</summary>
    Forbidden,

    /// <summary>409: as many writes of a key as may wait to be resolved do.</summary>
    ParkedFull,

    /// <summary>409: the step has a verifier, so nothing of it shows before it was judged.</summary>
    Unverified,
}

/// <summary>One fault and the member that has it.</summary>
/// <param name="Pointer">JSON pointer of the member, for example <c>/task/steps/1/agent</c>; empty for the whole.</param>
/// <param name="Message">What is wrong and what would be right, in a sentence. Never echoes a value.</param>
/// <param name="Code">A stable word for the kind of fault, for example <c>unknown_agent</c>.</param>
[GenerateSerializer, Immutable, Alias("rosud.problem-error")]
public sealed record ProblemError([property: Id(0)] string Pointer, [property: Id(1)] string Message, [property: Id(2)] string Code = "invalid");

/// <summary>A refusal: the caller's request changed nothing.</summary>
/// <param name="Kind">Which refusal.</param>
/// <param name="Detail">What happened and what to do next, in a sentence.</param>
[GenerateSerializer, Immutable, Alias("rosud.problem")]
public sealed record Problem([property: Id(0)] ProblemKind Kind, [property: Id(1)] string Detail)
{
    /// <summary>Each fault with its member. Empty when <see cref="Detail"/> says it all.</summary>
    [Id(2)] public ImmutableArray<ProblemError> Errors { get; init; } = [];

    /// <summary>When it is worth trying again; null when never or at once.</summary>
    [Id(3)] public TimeSpan? RetryAfter { get; init; }

    /// <summary>The oldest version that is kept, with <see cref="ProblemKind.Compacted"/>.</summary>
    [Id(4)] public long? Oldest { get; init; }

    /// <summary>The head, where it helps to go on.</summary>
    [Id(5)] public long? Version { get; init; }

    /// <summary>An <see cref="ProblemKind.InvalidRequest"/> about one member.</summary>
    public static Problem Invalid(string pointer, string message) =>
        new(ProblemKind.InvalidRequest, message) { Errors = [new(pointer, message)] };
}

/// <summary>A write may or may not have landed. Repeat it with the same id: the answer is then exact.</summary>
[GenerateSerializer, Alias("rosud.unknown-outcome")]
public sealed class UnknownOutcomeException(string message) : Exception(message);

/// <summary>The actor's queue is full. Nothing was done; try again later.</summary>
[GenerateSerializer, Alias("rosud.overloaded")]
public sealed class OverloadedException(string message, TimeSpan retryAfter) : Exception(message)
{
    /// <summary>How long to wait before trying again.</summary>
    [Id(0)] public TimeSpan RetryAfter { get; } = retryAfter;
}
