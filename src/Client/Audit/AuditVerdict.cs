namespace Rosud.Audit;

/// <summary>What a check of an export found.</summary>
/// <param name="Line">The first line that is wrong; null when all is right.</param>
/// <param name="Reason">What is wrong with it.</param>
internal sealed record AuditVerdict(long? Line, string? Reason)
{
    public bool IsGood => Line is null;

    public string Channel { get; init; } = "";

    /// <summary>Entries that were checked.</summary>
    public long Entries { get; init; }

    /// <summary>The point that the export begins after.</summary>
    public AuditHead After { get; init; }

    /// <summary>The point that it comes to.</summary>
    public AuditHead Last { get; init; }

    /// <summary>The number of the channel's last entry when it was made: above that of <see cref="Last"/> when it was limited.</summary>
    public long Newest { get; init; }

    /// <summary>Entries before it are no longer kept.</summary>
    public bool Gap { get; init; }

    /// <summary>The fingerprint of the key that signed it.</summary>
    public string Fingerprint { get; init; } = "";

    public static AuditVerdict Wrong(long line, string reason) => new(line, reason);
}
