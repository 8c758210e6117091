using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>How a question stands.</summary>
public enum QuestionState
{
    /// <summary>Waits for an answer.</summary>
    Open,

    /// <summary>Was answered, and the answer counts.</summary>
    Answered,

    /// <summary>What it rested on changed before an answer counted, or its run ended: its answer is refused, and it may be asked again under another id.</summary>
    Withdrawn,

    /// <summary>Nobody answered in time.</summary>
    Expired,
}

/// <summary>Who wants to know.</summary>
public enum QuestionKind
{
    /// <summary>An agent asked.</summary>
    Agent,

    /// <summary>What an attempt had read changed, and <c>on_stale_context</c> is <c>escalate</c>: <c>continue</c>, <c>retry</c> or <c>abort</c>.</summary>
    Stale,
}

/// <summary>A question to a person, pinned to what the one who asked had read. In the channel's durable log.</summary>
[GenerateSerializer, Immutable, Alias("rosud.question")]
public sealed record Question
{
    /// <summary>Names it within its run.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>The step that waits for the answer.</summary>
    [Id(1)] public required string Step { get; init; }

    /// <summary>Who asks.</summary>
    [Id(2)] public required string Agent { get; init; }

    /// <summary>The attempt that ended with it.</summary>
    [Id(3)] public required int Attempt { get; init; }

    /// <summary>Who wants to know.</summary>
    [Id(4)] public QuestionKind Kind { get; init; }

    /// <summary>The question, in words.</summary>
    [Id(5)] public required string Text { get; init; }

    /// <summary>JSON schema of an answer; null for any value.</summary>
    [Id(6)] public JsonValue? Schema { get; init; }

    /// <summary>When it was asked, by the channel's clock.</summary>
    [Id(7)] public DateTimeOffset AskedAt { get; init; }

    /// <summary>Until when an answer counts; null until the run's deadline.</summary>
    [Id(8)] public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>How it stands.</summary>
    [Id(9)] public QuestionState State { get; init; }

    /// <summary>The version of the context that it was asked on.</summary>
    [Id(10)] public ContextVersion ReadVersion { get; init; }

    /// <summary>What it rests on: an answer counts only while each of these keys has the same hash.</summary>
    [Id(11)] public ImmutableArray<SeenKey> Reads { get; init; } = [];

    /// <summary>With <see cref="QuestionKind.Stale"/> the keys that had changed; once withdrawn those that changed since it was asked.</summary>
    [Id(12)] public ImmutableArray<ContextKey> Changed { get; init; } = [];

    /// <summary>The answer; null while there is none.</summary>
    [Id(13)] public JsonValue? Value { get; init; }

    /// <summary>When the answer counted.</summary>
    [Id(14)] public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Who answered, as the host knows callers; null when it knows none.</summary>
    [Id(15)] public string? AnsweredBy { get; init; }

    /// <summary>The attempt that follows it: attempts below are fenced.</summary>
    [Id(16)] internal int Fence { get; init; }
}

/// <summary>An agent asks a person; that ends its attempt.</summary>
/// <param name="Text">The question, 1 to 16,384 characters.</param>
/// <param name="Schema">JSON schema of an answer, at most 64 KiB; null for any value.</param>
/// <param name="Expires">How long an answer counts, 1 ms to 7 days; null until the run's deadline.</param>
[GenerateSerializer, Immutable, Alias("rosud.ask-request")]
public sealed record AskRequest([property: Id(0)] string Text, [property: Id(1)] JsonValue? Schema = null, [property: Id(2)] TimeSpan? Expires = null)
{
    /// <summary>What the attempt used until it asked.</summary>
    [Id(3)] public Usage Usage { get; init; } = new();
}

/// <summary>A person answers.</summary>
/// <param name="Question">The question's id.</param>
/// <param name="Value">The answer, at most 16 KiB; checked by the question's schema.</param>
/// <param name="By">Who answers; null when that is not known.</param>
[GenerateSerializer, Immutable, Alias("rosud.given-answer")]
public sealed record GivenAnswer([property: Id(0)] string Question, [property: Id(1)] JsonValue Value, [property: Id(2)] string? By = null);

/// <summary>What became of an answer.</summary>
[GenerateSerializer, Immutable, Alias("rosud.answer-outcome")]
public abstract record AnswerOutcome
{
    private AnswerOutcome() { }

    /// <summary>It counts, durably; also when the same answer counted before.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.answer-counted")]
    public sealed record Counted([property: Id(0)] Question Question) : AnswerOutcome;

    /// <summary>It does not count. With <c>stale-context</c> the keys that changed since the question was asked.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.answer-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem, [property: Id(1)] ImmutableArray<StaleKey> Stale) : AnswerOutcome;
}
