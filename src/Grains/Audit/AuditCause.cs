namespace Rosud.Audit;

/// <summary>Why something is done and for whom, as the audit chain tells it.</summary>
/// <param name="Why">The step's goal, or what kind of operation it is.</param>
/// <param name="Operation">The caller's id of the operation.</param>
/// <param name="Caller">Who asked.</param>
/// <param name="TraceId">The trace that it belongs to.</param>
internal sealed record AuditCause(string? Why = null, string? Operation = null, string? Caller = null, string? TraceId = null)
{
    public static AuditCause None { get; } = new();
}
