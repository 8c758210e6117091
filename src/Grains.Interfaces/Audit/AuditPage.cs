using System.Collections.Immutable;
using Rosud.Tenants;

namespace Rosud.Audit;

/// <summary>What of a channel's audit chain is wanted.</summary>
[GenerateSerializer, Immutable, Alias("rosud.audit-query")]
public sealed record AuditQuery
{
    /// <summary>Only entries after this one. 0 is from the first that is kept.</summary>
    [Id(0)] public long After { get; init; }

    /// <summary>How many at most, 1 to 5,000; a page also ends at about 1 MiB.</summary>
    [Id(1)] public int Limit { get; init; } = 500;

    /// <summary><see cref="AuditPage.Position"/> of the page before, which spares a search; null without one.</summary>
    [Id(2)] public long? From { get; init; }

    /// <summary>Whether values that are still kept are compared with what the entries say of them.</summary>
    [Id(3)] public bool CheckValues { get; init; }
}

/// <summary>One entry of the chain.</summary>
/// <param name="Entry">Its bytes: one line of JSON.</param>
/// <param name="Hash">The chain's hash with it.</param>
[GenerateSerializer, Immutable, Alias("rosud.audit-line")]
public sealed record AuditLine([property: Id(0)] ReadOnlyMemory<byte> Entry, [property: Id(1)] Context.ContentHash Hash);

/// <summary>Where what is stored is not what was chained.</summary>
/// <param name="Number">The first entry that is wrong, as far as that can be told.</param>
/// <param name="Reason">In a sentence.</param>
[GenerateSerializer, Immutable, Alias("rosud.audit-fault")]
public sealed record AuditFault([property: Id(0)] long Number, [property: Id(1)] string Reason);

/// <summary>Consecutive entries of a channel's audit chain.</summary>
[GenerateSerializer, Immutable, Alias("rosud.audit-page")]
public sealed record AuditPage
{
    /// <summary>The chain just before the first entry. Its number is above the one asked for when what lies between is no longer kept.</summary>
    [Id(0)] public required AuditHead Before { get; init; }

    /// <summary>In order, without holes.</summary>
    [Id(1)] public required ImmutableArray<AuditLine> Entries { get; init; }

    /// <summary>The chain as it is now.</summary>
    [Id(2)] public required AuditHead Head { get; init; }

    /// <summary>Whether there are more entries.</summary>
    [Id(3)] public bool More { get; init; }

    /// <summary>For <see cref="AuditQuery.From"/> of the next page.</summary>
    [Id(4)] public long Position { get; init; }

    /// <summary>Storage was tampered with; the entries end before.</summary>
    [Id(5)] public AuditFault? Fault { get; init; }

    /// <summary>Whether commits and reads are being chained.</summary>
    [Id(6)] public bool IsOn { get; init; }

    /// <summary>Reads by callers, and listeners that came, since the channel's activation began: they are counted, not chained. A move of the channel to another silo, or a rest, begins at 0.</summary>
    [Id(7)] public long ReadsCounted { get; init; }

    /// <summary>Values that were compared with their entries, with <see cref="AuditQuery.CheckValues"/>.</summary>
    [Id(8)] public long ValuesChecked { get; init; }

    /// <summary>Values that entries speak of and that are no longer there.</summary>
    [Id(9)] public long ValuesGone { get; init; }
}

/// <summary>The answer to a request for a channel's audit chain.</summary>
[GenerateSerializer, Immutable, Alias("rosud.audit-outcome")]
public abstract record AuditOutcome
{
    private AuditOutcome() { }

    /// <summary>Some of it.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.audit-found")]
    public sealed record Found([property: Id(0)] AuditPage Page) : AuditOutcome;

    /// <summary>There is nothing to read.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.audit-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : AuditOutcome;
}
