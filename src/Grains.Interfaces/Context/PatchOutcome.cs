using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>What became of a patch that was not refused.</summary>
public enum PatchEffect
{
    /// <summary>At least one key was applied; a new version exists.</summary>
    Committed,

    /// <summary>Every key lost by the channel's conflict rules; nothing changed.</summary>
    Dropped,

    /// <summary>Every key waits for somebody to resolve it; nothing changed.</summary>
    Parked,

    /// <summary>There was nothing to change (deletes of absent keys).</summary>
    Unchanged,
}

/// <summary>A key that was relied on and has changed since.</summary>
/// <param name="Key">The key.</param>
/// <param name="Read">The version the writer had seen.</param>
/// <param name="Current">The version that changed it.</param>
/// <param name="Behind">How long ago the first unseen change of the key was committed.</param>
[GenerateSerializer, Immutable, Alias("rosud.stale-key")]
public sealed record StaleKey(
    [property: Id(0)] ContextKey Key,
    [property: Id(1)] ContextVersion Read,
    [property: Id(2)] ContextVersion Current,
    [property: Id(3)] TimeSpan Behind);

/// <summary>The channel's answer to a <see cref="ContextPatch"/>.</summary>
[GenerateSerializer, Immutable, Alias("rosud.patch-outcome")]
public abstract record PatchOutcome
{
    private PatchOutcome() { }

    /// <summary>The patch was taken. When <paramref name="Effect"/> is committed it is durable and has the version <paramref name="Version"/>; else that is the head.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.patch-applied")]
    public sealed record Applied([property: Id(0)] ContextVersion Version, [property: Id(1)] PatchEffect Effect) : PatchOutcome
    {
        /// <summary>Keys whose unseen change this patch replaced (it stays in history).</summary>
        [Id(2)] public ImmutableArray<ContextKey> Overwritten { get; init; } = [];

        /// <summary>Keys that lost and were not written.</summary>
        [Id(3)] public ImmutableArray<ContextKey> Dropped { get; init; } = [];

        /// <summary>Keys that were folded into the value that was there.</summary>
        [Id(4)] public ImmutableArray<ContextKey> Merged { get; init; } = [];

        /// <summary>Keys that wait for somebody to resolve the conflict.</summary>
        [Id(5)] public ImmutableArray<ContextKey> Parked { get; init; } = [];

        /// <summary><see cref="ParkedWrite.Number"/> of each of <see cref="Parked"/>.</summary>
        [Id(6)] public ImmutableArray<long> Conflicts { get; init; } = [];

        /// <summary>This call did nothing: it is the answer that the same operation got before.</summary>
        [Id(7)] public bool IsReplay { get; init; }
    }

    /// <summary>A key that was relied on has changed. Nothing was written: read again from <paramref name="Version"/>.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.patch-stale")]
    public sealed record Stale([property: Id(0)] ContextVersion Version, [property: Id(1)] ImmutableArray<StaleKey> Keys) : PatchOutcome;

    /// <summary>A written key has changed and the channel rejects that. Nothing was written.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.patch-conflict")]
    public sealed record Conflict([property: Id(0)] ContextVersion Version, [property: Id(1)] ImmutableArray<StaleKey> Keys) : PatchOutcome;

    /// <summary>The patch was refused for another reason. Nothing was written.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.patch-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : PatchOutcome;
}
