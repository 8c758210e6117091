using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>How an effect stands.</summary>
public enum EffectState
{
    /// <summary>An attempt is about to do it, is doing it, or was lost in between: nobody here can know.</summary>
    Claimed,

    /// <summary>It was done and its receipt is kept: it is not done again.</summary>
    Done,
}

/// <summary>Something that a step does outside, once: a line of the run's ledger, in the channel's durable log. SEMANTICS R9.</summary>
/// <remarks>Keyed by run, step and name: every attempt of the step meets the same line, also one on another view or by the fallback agent.</remarks>
[GenerateSerializer, Immutable, Alias("rosud.effect")]
public sealed record Effect
{
    /// <summary>Its name within the step.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>The step.</summary>
    [Id(1)] public required string Step { get; init; }

    /// <summary>How it stands.</summary>
    [Id(2)] public EffectState State { get; init; }

    /// <summary>The attempt that claimed it first.</summary>
    [Id(3)] public required int Attempt { get; init; }

    /// <summary>What to give to whoever is outside: the same for every attempt of the step, so that doing it again is the same request.</summary>
    [Id(4)] public required string IdempotencyKey { get; init; }

    /// <summary>What the one who did it wants remembered; null while it is only claimed.</summary>
    [Id(5)] public JsonValue? Receipt { get; init; }

    /// <summary>The version of the context that it was made on: of the attempt that left the receipt, before that of the one that claimed it.</summary>
    [Id(6)] public ContextVersion ReadVersion { get; init; }

    /// <summary>What of the context it was made on, at most 100 keys.</summary>
    [Id(7)] public ImmutableArray<SeenKey> Reads { get; init; } = [];

    /// <summary>When it was claimed first, by the channel's clock.</summary>
    [Id(8)] public DateTimeOffset ClaimedAt { get; init; }

    /// <summary>When its receipt came; null while it is only claimed.</summary>
    [Id(9)] public DateTimeOffset? DoneAt { get; init; }

    /// <summary>The attempt that left the receipt; null while it is only claimed.</summary>
    [Id(10)] public int? DoneBy { get; init; }
}

/// <summary>A key as somebody saw it.</summary>
[GenerateSerializer, Immutable, Alias("rosud.seen-key")]
public sealed record SeenKey([property: Id(0)] ContextKey Key, [property: Id(1)] ContextVersion Version, [property: Id(2)] ContentHash Hash);

/// <summary>What an attempt says about an effect.</summary>
/// <param name="Name">The effect's name within the step: 1 to 128 of a-z 0-9 . _ -.</param>
/// <param name="Receipt">What is to be remembered now that it was done, at most 16 KiB; null claims it.</param>
/// <param name="Look">Only asks how it stands and claims nothing.</param>
[GenerateSerializer, Immutable, Alias("rosud.effect-request")]
public sealed record EffectRequest([property: Id(0)] string Name, [property: Id(1)] JsonValue? Receipt = null, [property: Id(2)] bool Look = false);
