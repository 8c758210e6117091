using System.Collections.Immutable;

namespace Rosud.Context;

/// <summary>One key of a context with its value and where it came from.</summary>
[GenerateSerializer, Immutable, Alias("rosud.context-entry")]
public sealed record ContextEntry
{
    /// <summary>The key.</summary>
    [Id(0)] public required ContextKey Key { get; init; }

    /// <summary>The value.</summary>
    [Id(1)] public required JsonValue Value { get; init; }

    /// <summary>The version that wrote the value.</summary>
    [Id(2)] public required ContextVersion Version { get; init; }

    /// <summary>The version that made the key (since it was last deleted).</summary>
    [Id(3)] public required ContextVersion Created { get; init; }

    /// <summary>Who wrote it.</summary>
    [Id(4)] public required Origin Origin { get; init; }

    /// <summary>When it was committed, by the channel's clock, which never goes back.</summary>
    [Id(5)] public required DateTimeOffset CommittedAt { get; init; }

    /// <summary>Published early by an attempt that is not accepted yet.</summary>
    [Id(6)] public bool Provisional { get; init; }

    /// <summary>Committed although what it was based on had changed (<c>on_stale_context: flag</c>).</summary>
    [Id(7)] public bool Stale { get; init; }

    /// <summary>What the audit chain's hash of the value was made with. It is here and nowhere else, so that it goes with the value (SEMANTICS C16).</summary>
    [Id(8)] internal UInt128 Salt { get; init; }
}

/// <summary>Some keys of a context at one version.</summary>
/// <param name="Version">The version of the whole context that this shows.</param>
/// <param name="Entries">The entries asked for that exist, in the order of their keys.</param>
[GenerateSerializer, Immutable, Alias("rosud.context-view")]
public sealed record ContextView([property: Id(0)] ContextVersion Version, [property: Id(1)] ImmutableArray<ContextEntry> Entries)
{
    /// <summary>The entry of <paramref name="key"/>; null when the view has none.</summary>
    public ContextEntry? this[ContextKey key] => Entries.FirstOrDefault(entry => entry.Key == key);

    /// <summary>The value of <paramref name="key"/> as a .NET value, from snake_case names; default when the view has no such key.</summary>
    /// <exception cref="System.Text.Json.JsonException">The value has another shape.</exception>
    public T? Value<T>(ContextKey key) => this[key] is { } entry ? entry.Value.As<T>() : default;

    /// <summary>Keys among <see cref="Entries"/> whose validity has run out.</summary>
    [Id(2)] public ImmutableArray<ContextKey> Expired { get; init; } = [];
}
