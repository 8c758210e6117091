namespace Rosud.Context;

/// <summary>What a key became at one version: its new hash, or that it went.</summary>
internal sealed record Moment(ContextVersion Version, ContentHash? Hash, DateTimeOffset At, Origin Origin)
{
    public static Moment Of(ContextEntry entry) => new(entry.Version, entry.Value.Hash, entry.CommittedAt, entry.Origin);
}

/// <summary>A change that somebody has not seen.</summary>
/// <param name="Current">The version that made the key what it is to him: the last change that was not his own.</param>
/// <param name="Origin">Who changed it; null when that is no longer known.</param>
/// <param name="FirstAt">When the first change he has not seen was committed.</param>
internal sealed record UnseenChange(ContextVersion Current, Origin? Origin, DateTimeOffset FirstAt);
