using System.ComponentModel.DataAnnotations;
using Rosud.Tenants;

namespace Rosud.Audit;

/// <summary>Some of a channel's audit chain.</summary>
/// <param name="After">The chain just before the first entry.</param>
/// <param name="Gap">Entries that were asked for are no longer kept: it begins after the oldest that is.</param>
/// <param name="Entries">In order. Each hash is SHA-256 of the hash before and the entry's bytes.</param>
/// <param name="Head">The chain as it is now.</param>
/// <param name="Next">What to give as after for the next page; null on the last.</param>
/// <param name="Audit">Whether the channel chains commits and reads now.</param>
/// <param name="ReadsCounted">Reads of the context over HTTP and MCP and by apps, and listeners that came, since the channel was last loaded into a host: they are counted, not chained.</param>
internal sealed record AuditBody(AuditPointBody After, bool Gap, AuditLineBody[] Entries, AuditPointBody Head, long? Next, bool Audit, long ReadsCounted)
{
    /// <summary>Where what is stored is not what was chained.</summary>
    [Optional] public AuditBreakBody? Broken { get; init; }

    public static AuditBody Of(AuditPage page, long after) => new(
        AuditPointBody.Of(page.Before),
        page.Before.Number > after,
        [.. page.Entries.Select(line => new AuditLineBody(Context.JsonValue.Trusted(line.Entry.ToArray()), line.Hash.ToString()))],
        AuditPointBody.Of(page.Head),
        page.More ? page.Before.Number + page.Entries.Length : null,
        page.IsOn,
        page.ReadsCounted)
    {
        Broken = page.Fault is { } fault ? new(fault.Number, fault.Reason) : null,
    };
}

/// <summary>One entry, as it stands in an export too.</summary>
/// <param name="Entry">Its bytes are what is hashed.</param>
/// <param name="Hash">64 hexadecimal digits.</param>
internal sealed record AuditLineBody(Context.JsonValue Entry, string Hash);

/// <summary>A point of the chain.</summary>
/// <param name="Number">Of its last entry.</param>
/// <param name="Hash">64 hexadecimal digits.</param>
internal sealed record AuditPointBody(long Number, string Hash)
{
    public static AuditPointBody Of(AuditHead head) => new(head.Number, head.Hash.ToString());
}

/// <summary>Where the chain is broken.</summary>
/// <param name="Number">The first entry that is wrong, as far as that can be told.</param>
/// <param name="Reason">In a sentence.</param>
internal sealed record AuditBreakBody(long Number, string Reason);

/// <summary>An earlier head that the chain must still extend. Both or none.</summary>
internal sealed record VerifyAuditBody
{
    /// <summary>The hash of that head, 64 hexadecimal digits.</summary>
    [Optional, Hash] public string? Head { get; init; }

    /// <summary>The number of that head's entry.</summary>
    [Optional, Range(0, long.MaxValue)] public long? At { get; init; }
}

/// <summary>What the host found when it checked its own chain.</summary>
/// <param name="Ok">All entries that are kept follow each other, up to the head, and kept values are those that were chained.</param>
/// <param name="Entries">Entries that were checked.</param>
/// <param name="After">The point that the kept chain begins after.</param>
/// <param name="Head">The hash that the chain comes to.</param>
/// <param name="Number">The number of the last entry that is right.</param>
/// <param name="Values">Values that were compared.</param>
/// <param name="ValuesGone">Values that entries speak of and that are no longer kept. They break nothing.</param>
internal sealed record AuditVerifiedBody(bool Ok, long Entries, AuditPointBody After, string Head, long Number, long Values, long ValuesGone)
{
    /// <summary>Whether the chain goes through the head that was given.</summary>
    [Optional] public bool? Extends { get; init; }

    [Optional] public AuditBreakBody? Broken { get; init; }

    public static AuditVerifiedBody Of(AuditVerification found) =>
        new(found.Ok, found.Entries, AuditPointBody.Of(found.After), found.Head.Hash.ToString(), found.Head.Number, found.Values, found.ValuesGone)
        {
            Extends = found.Extends,
            Broken = found.Broken is { } fault ? new(fault.Number, fault.Reason) : null,
        };
}

/// <summary>The key that exports are signed with.</summary>
/// <param name="Algorithm">ecdsa-p256-sha256.</param>
/// <param name="PublicKey">In PEM. Keep it apart from the host: an export is checked against it.</param>
/// <param name="Fingerprint">SHA-256 of the key's SubjectPublicKeyInfo.</param>
internal sealed record AuditKeyBody(string Algorithm, string PublicKey, string Fingerprint);
