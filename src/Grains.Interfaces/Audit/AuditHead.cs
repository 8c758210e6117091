using System.Buffers;
using Rosud.Context;

namespace Rosud.Audit;

/// <summary>A point of a channel's audit chain: how many entries there were, and the hash over all of them.</summary>
/// <param name="Number">Of the last entry; 0 before the first.</param>
/// <param name="Hash">SHA-256 of the hash before and the entry's bytes; all zero before the first.</param>
[GenerateSerializer, Immutable, Alias("rosud.audit-head")]
public readonly record struct AuditHead([property: Id(0)] long Number, [property: Id(1)] ContentHash Hash)
{
    private const int OnStack = 1024;

    /// <summary>The point that the chain comes to with one entry more.</summary>
    /// <param name="entry">Its bytes, exactly as they are kept and exported.</param>
    public AuditHead Next(ReadOnlySpan<byte> entry)
    {
        var length = ContentHash.Size + entry.Length;
        var rented = length > OnStack ? ArrayPool<byte>.Shared.Rent(length) : null;
        var link = rented is null ? stackalloc byte[OnStack] : rented;
        Hash.Write(link);
        entry.CopyTo(link[ContentHash.Size..]);
        var next = new AuditHead(Number + 1, ContentHash.Of(link[..length]));
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return next;
    }
}
