using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>One key and its new value.</summary>
/// <param name="Key">The key to write.</param>
/// <param name="Value">The value, or null to delete the key. The JSON value <c>null</c> is a value, not a deletion.</param>
[GenerateSerializer, Immutable, Alias("rosud.context-write")]
public sealed record ContextWrite([property: Id(0)] ContextKey Key, [property: Id(1)] JsonValue? Value)
{
    /// <summary>Sets <paramref name="key"/> to the JSON of <paramref name="value"/>, with snake_case names.</summary>
    public static ContextWrite Set<T>(ContextKey key, T value) => new(key, JsonValue.From(value));

    /// <summary>Deletes <paramref name="key"/>.</summary>
    public static ContextWrite Delete(ContextKey key) => new(key, null);
}

/// <summary>Who wrote: an agent or caller by name, and the attempt it happened in when it was part of a run.</summary>
/// <param name="Writer">The agent's or caller's name; <c>rosud</c> for what the platform writes itself.</param>
/// <param name="Run">The run's name, or null outside runs.</param>
/// <param name="Step">The step, or null outside runs.</param>
/// <param name="Attempt">The attempt, or 0 outside runs.</param>
[GenerateSerializer, Immutable, Alias("rosud.origin")]
public sealed record Origin(
    [property: Id(0)] string Writer,
    [property: Id(1)] string? Run = null,
    [property: Id(2)] string? Step = null,
    [property: Id(3)] int Attempt = 0)
{
    /// <summary>The writer's name of what the platform writes itself.</summary>
    public const string Platform = "rosud";

    /// <summary>Whether <paramref name="other"/> is the same step of the same run (then nothing is stale or in conflict between them).</summary>
    public bool IsSameStep(Origin other) => Run is not null && Run == other.Run && Step == other.Step;
}

/// <summary>What somebody wants to change in a context, atomically, and what they relied on.</summary>
[GenerateSerializer, Immutable, Alias("rosud.context-patch")]
public sealed record ContextPatch
{
    /// <summary>The writes; each key once. 1 to 10,000.</summary>
    [Id(0)] public required ImmutableArray<ContextWrite> Writes { get; init; }

    /// <summary>The version the writer saw; null is a blind write; 0 is "saw nothing".</summary>
    [Id(1)] public ContextVersion? BasedOn { get; init; }

    /// <summary>Keys and patterns the writer relied on. Needs <see cref="BasedOn"/>.</summary>
    [Id(2)] public ImmutableArray<KeyPattern> Reads { get; init; } = [];

    /// <summary>Who writes.</summary>
    [Id(3)] public required Origin Origin { get; init; }

    /// <summary>The caller's id of this operation; null when the caller gave none. The same id with the same body returns the first answer.</summary>
    [Id(4)] public string? OperationId { get; init; }

    /// <summary>Hash of the body that <see cref="OperationId"/> stands for; another body under the same id is refused.</summary>
    [Id(5)] public ContentHash BodyHash { get; init; }

    /// <summary>Who asked, for the audit: the agent or the role of the key. Null when unknown.</summary>
    [Id(6)] public string? Caller { get; init; }

    /// <summary>The trace that it belongs to, for the audit; null without one.</summary>
    [Id(7)] public string? TraceId { get; init; }
}
