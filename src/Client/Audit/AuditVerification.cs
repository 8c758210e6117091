namespace Rosud.Audit;

/// <summary>What a check of a stored audit chain found.</summary>
/// <param name="Ok">All entries that are kept follow each other up to the head, kept values are those that were chained, and the chain goes through the head that was given.</param>
/// <param name="Entries">Entries that were checked.</param>
/// <param name="After">The point that the kept chain begins after.</param>
/// <param name="Head">The last point that is right. Keep it elsewhere: a later check shows whether the chain still goes through it.</param>
/// <param name="Values">Values that were compared.</param>
/// <param name="ValuesGone">Values that entries speak of and that are no longer kept. They break nothing.</param>
public sealed record AuditVerification(bool Ok, long Entries, AuditHead After, AuditHead Head, long Values, long ValuesGone)
{
    /// <summary>Whether the chain goes through the head that was given; null when none was.</summary>
    public bool? Extends { get; init; }

    /// <summary>Where the chain is broken; null when it is not.</summary>
    public AuditFault? Broken { get; init; }
}
