using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>Answers a question.</summary>
internal sealed record AnswerBody
{
    /// <summary>The question's id.</summary>
    [Text(512, 1)]
    public required string Question { get; init; }

    /// <summary>The answer, at most 16 KiB.</summary>
    public required JsonValue Value { get; init; }

    /// <summary>Who answers, for the record. Left out, what the key says.</summary>
    [Text(256, 1)]
    public string? By { get; init; }
}

/// <summary>A question to a person, and what came of it.</summary>
internal sealed record QuestionBody
{
    public required string Id { get; init; }

    /// <summary>Agent: an agent asked. Stale: what an attempt had read changed, and a person decides.</summary>
    public required QuestionKind Kind { get; init; }

    public required QuestionState State { get; init; }

    public required string Step { get; init; }

    public required string Agent { get; init; }

    public required int Attempt { get; init; }

    public required string Text { get; init; }

    /// <summary>JSON schema of an answer; null for any value.</summary>
    public required JsonValue? Schema { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Null until the run's deadline.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The version of the context that it was asked on.</summary>
    public required long ReadVersion { get; init; }

    /// <summary>The keys that it rests on, each with the version that wrote it.</summary>
    public required Dictionary<string, long> Reads { get; init; }

    /// <summary>Keys that have changed: why a person is asked, or why the question was withdrawn.</summary>
    public required string[] Changed { get; init; }

    /// <summary>The answer that counts; left out while there is none.</summary>
    [Optional] public JsonValue? Value { get; init; }

    public required DateTimeOffset? AnsweredAt { get; init; }

    public required string? AnsweredBy { get; init; }

    public static QuestionBody Of(Question question) => new()
    {
        Id = question.Id,
        Kind = question.Kind,
        State = question.State,
        Step = question.Step,
        Agent = question.Agent,
        Attempt = question.Attempt,
        Text = question.Text,
        Schema = question.Schema,
        AskedAt = question.AskedAt,
        ExpiresAt = question.ExpiresAt,
        ReadVersion = question.ReadVersion.Number,
        Reads = question.Reads.ToDictionary(seen => seen.Key.Value, seen => seen.Version.Number),
        Changed = [.. question.Changed.Select(key => key.Value)],
        Value = question.Value,
        AnsweredAt = question.AnsweredAt,
        AnsweredBy = question.AnsweredBy,
    };
}
