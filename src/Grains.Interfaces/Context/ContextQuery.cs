using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>How current an answer must be. SEMANTICS C14.</summary>
public enum ReadConsistency
{
    /// <summary>Linearizable: reflects everything acknowledged before the read began. Costs one small storage read, shared by waiting reads.</summary>
    Confirmed,

    /// <summary>Monotone within one activation and at most one second behind. Costs nothing.</summary>
    Plain,
}

/// <summary>Which part of a context to read, and how current it must be.</summary>
[GenerateSerializer, Immutable, Alias("rosud.context-query")]
public sealed record ContextQuery
{
    /// <summary>Keys and patterns; empty for everything.</summary>
    [Id(0)] public ImmutableArray<KeyPattern> Keys { get; init; } = [];

    /// <summary>The past version to read; null for the newest.</summary>
    [Id(1)] public ContextVersion? Version { get; init; }

    /// <summary>How current.</summary>
    [Id(2)] public ReadConsistency Consistency { get; init; }

    /// <summary>Refuse with <c>version-ahead</c> when the context is older than this; null for any.</summary>
    [Id(3)] public ContextVersion? MinVersion { get; init; }
}

/// <summary>The answer to a <see cref="ContextQuery"/>.</summary>
[GenerateSerializer, Immutable, Alias("rosud.read-outcome")]
public abstract record ReadOutcome
{
    private ReadOutcome() { }

    /// <summary>The entries asked for.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.read-found")]
    public sealed record Found([property: Id(0)] ContextView View) : ReadOutcome;

    /// <summary>The version is not kept any more, or not there yet; or there is no such channel.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.read-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : ReadOutcome;
}

/// <summary>The answer to a request for changes.</summary>
[GenerateSerializer, Immutable, Alias("rosud.changes-outcome")]
public abstract record ChangesOutcome
{
    private ChangesOutcome() { }

    /// <summary>The changes asked for, or the gap.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.changes-found")]
    public sealed record Found([property: Id(0)] ChangePage Page) : ChangesOutcome;

    /// <summary>There is no such channel, or the version is not there yet.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.changes-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : ChangesOutcome;
}
