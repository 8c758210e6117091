using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Says something about an effect: without a receipt it is about to be done.</summary>
internal sealed record EffectBody
{
    /// <summary>What is to be remembered of it now that it was done. At most 16 KiB.</summary>
    public JsonValue? Receipt { get; init; }
}

/// <summary>One line of a run's ledger of effects.</summary>
internal sealed record EffectLineBody
{
    public required string Name { get; init; }

    public required string Step { get; init; }

    /// <summary>Claimed: it may or may not have been done. Done: it was, and is not done again.</summary>
    public required EffectState State { get; init; }

    /// <summary>The attempt that claimed it first.</summary>
    public required int Attempt { get; init; }

    /// <summary>Give it to whoever is outside: the same in every attempt of the step.</summary>
    public required string IdempotencyKey { get; init; }

    /// <summary>Null while it is only claimed.</summary>
    public required JsonValue? Receipt { get; init; }

    /// <summary>The version of the context that it was made on.</summary>
    public required long ReadVersion { get; init; }

    /// <summary>What of the context it was made on, at most 100 keys, each with the version that wrote it.</summary>
    public required Dictionary<string, long> Reads { get; init; }

    public required DateTimeOffset ClaimedAt { get; init; }

    public required DateTimeOffset? DoneAt { get; init; }

    /// <summary>The attempt that left the receipt.</summary>
    public required int? DoneBy { get; init; }

    public static EffectLineBody Of(Effect effect) => new()
    {
        Name = effect.Name,
        Step = effect.Step,
        State = effect.State,
        Attempt = effect.Attempt,
        IdempotencyKey = effect.IdempotencyKey,
        Receipt = effect.Receipt,
        ReadVersion = effect.ReadVersion.Number,
        Reads = effect.Reads.ToDictionary(seen => seen.Key.Value, seen => seen.Version.Number),
        ClaimedAt = effect.ClaimedAt,
        DoneAt = effect.DoneAt,
        DoneBy = effect.DoneBy,
    };
}

/// <summary>A question to a person; it ends the attempt.</summary>
internal sealed record AskBody
{
    /// <summary>With the same words its answer is found again.</summary>
    [Text(16_384, 1)]
    public required string Question { get; init; }

    /// <summary>JSON schema of an answer. Left out, any value.</summary>
    public JsonValue? Schema { get; init; }

    /// <summary>How long an answer counts; then the step fails. Left out, until the run's deadline.</summary>
    [DurationMs]
    public long? ExpiresMs { get; init; }

    /// <summary>What the attempt used until it asked.</summary>
    public UsageBody Usage { get; init; } = new();

    public AskRequest ToRequest() => new(Question, Schema, ExpiresMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null) { Usage = Usage.ToUsage() };
}

/// <summary>A question that is durable; the outcome is always <c>asked</c>.</summary>
internal sealed record AskedBody(string Outcome, string Question);

/// <summary>What a person has answered.</summary>
internal sealed record AnswerGivenBody(string QuestionId, string Question, JsonValue? Value, DateTimeOffset? AnsweredAt, string? AnsweredBy)
{
    public static AnswerGivenBody Of(Question question) => new(question.Id, question.Text, question.Value, question.AnsweredAt, question.AnsweredBy);
}

/// <summary>What a verifier is to judge: it answers with output <c>{"accepted","reason"?}</c>.</summary>
internal sealed record ProposedBody(string Step, string Agent, int Attempt, Dictionary<string, JsonValue> Writes, string[] Delete, JsonValue? Output)
{
    public static ProposedBody Of(ProposedWork proposed) => new(
        proposed.Step,
        proposed.Agent,
        proposed.Attempt,
        proposed.Writes.Where(write => write.Value is not null).ToDictionary(write => write.Key.Value, write => write.Value!),
        [.. proposed.Writes.Where(write => write.Value is null).Select(write => write.Key.Value)],
        proposed.Output);
}
