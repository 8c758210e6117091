using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rosud.Agents;

/// <summary>Lets a webhook agent tell Rosud's requests from others: <c>Rosud-Signature: t=&lt;unix seconds&gt;,v1=&lt;hex&gt;</c>.</summary>
/// <remarks>
/// v1 is HMAC-SHA256, in lower-case hexadecimal, keyed with the UTF-8 bytes of the agent's secret, over the decimal digits of
/// t, a full stop, and the bytes of the body. A receiver compares in constant time and refuses a t more than 5 minutes off.
/// </remarks>
public static class WebhookSignature
{
    /// <summary>The header's name.</summary>
    public const string Header = "Rosud-Signature";

    /// <summary>How far a signature's time may be from the receiver's.</summary>
    public static TimeSpan Tolerance { get; } = TimeSpan.FromMinutes(5);

    /// <summary>The header's value for <paramref name="body"/>, signed at <paramref name="at"/>.</summary>
    public static string Of(string secret, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={seconds},v1={Convert.ToHexStringLower(Code(secret, seconds, body))}";
    }

    /// <summary>Whether <paramref name="header"/> signs <paramref name="body"/> with <paramref name="secret"/> and is at most <see cref="Tolerance"/> from <paramref name="now"/>.</summary>
    public static bool IsValid(string secret, string? header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (header?.Split(',') is not [['t', '=', .. var seconds], ['v', '1', '=', .. var hex]]) return false;
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var at) || Math.Abs(now.ToUnixTimeSeconds() - (double)at) > Tolerance.TotalSeconds) return false;
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hex), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(Code(secret, seconds, body))));
    }

    private static byte[] Code(string secret, string seconds, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes(seconds + "."));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}
