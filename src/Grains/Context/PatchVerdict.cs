using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>What a patch would do to a context. Nothing has changed yet.</summary>
internal abstract record PatchVerdict
{
    private PatchVerdict() { }

    /// <summary>Commit <paramref name="Writes"/> (1 or more), folded and without the keys that lost.</summary>
    /// <param name="Overwritten">Keys whose unseen change this replaces.</param>
    /// <param name="Dropped">Keys that lost.</param>
    /// <param name="Merged">Keys whose write was folded.</param>
    /// <param name="Parked">Keys that somebody must resolve.</param>
    internal sealed record Apply(
        ImmutableArray<ContextWrite> Writes,
        ImmutableArray<ContextKey> Overwritten,
        ImmutableArray<ContextKey> Dropped,
        ImmutableArray<ContextKey> Merged,
        ImmutableArray<ContextKey> Parked) : PatchVerdict
    {
        /// <summary>Reads that were stale and, as asked, did not refuse the patch: commit the entries as stale unless this is empty.</summary>
        public ImmutableArray<StaleKey> Flagged { get; init; } = [];
    }

    /// <summary>There is nothing to commit, and why.</summary>
    internal sealed record Nothing(PatchEffect Effect, ImmutableArray<ContextKey> Dropped, ImmutableArray<ContextKey> Parked) : PatchVerdict;

    /// <summary>Keys that were relied on have changed or run out.</summary>
    internal sealed record Stale(ImmutableArray<StaleKey> Keys) : PatchVerdict;

    /// <summary>Written keys have changed, and their policy rejects that.</summary>
    internal sealed record Conflict(ImmutableArray<StaleKey> Keys) : PatchVerdict;

    /// <summary>The patch breaks another rule.</summary>
    internal sealed record Refused(Problem Problem) : PatchVerdict;
}
