using System.Buffers.Binary;
using System.Security.Cryptography;
using Rosud.Context;

namespace Rosud.Audit;

/// <summary>What an audit entry says of a value: it proves the value to whoever has it, and tells nothing to whoever has not.</summary>
internal static class ValueSeal
{
    /// <summary>HMAC-SHA256 of the canonical value under its salt of 16 bytes. Without the salt, which lies with the value, no value can be guessed.</summary>
    public static ContentHash Of(UInt128 salt, JsonValue value)
    {
        Span<byte> key = stackalloc byte[16];
        Span<byte> mac = stackalloc byte[ContentHash.Size];
        BinaryPrimitives.WriteUInt128BigEndian(key, salt);
        HMACSHA256.HashData(key, value.Utf8.Span, mac);
        return ContentHash.Read(mac);
    }
}

/// <summary>Random salts. Drawn many at a time, for the system is asked only once then.</summary>
internal sealed class Salts
{
    private const int SaltBytes = 16;

    private readonly byte[] _drawn = new byte[64 * SaltBytes];
    private int _used = 64 * SaltBytes;

    public UInt128 Next()
    {
        if (_used == _drawn.Length)
        {
            RandomNumberGenerator.Fill(_drawn);
            _used = 0;
        }

        var salt = BinaryPrimitives.ReadUInt128BigEndian(_drawn.AsSpan(_used));
        _drawn.AsSpan(_used, SaltBytes).Clear();   // It is to be found with its value only.
        _used += SaltBytes;
        return salt;
    }
}
