using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rosud.Supervision;

/// <summary>Lets a webhook agent tell our requests from others: <c>Rosud-Signature: t=&lt;unix seconds&gt;,v1=&lt;hex&gt;</c>.</summary>
/// <remarks>
/// v1 is HMAC-SHA256, in lower-case hexadecimal, keyed with the UTF-8 bytes of the agent's secret, over the decimal digits of
/// t, a full stop, and the bytes of the body. A receiver compares in constant time and refuses a t more than 5 minutes off.
/// </remarks>
internal static class WebhookSignature
{
    public const string Header = "Rosud-Signature";

    public static string Of(string secret, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes(seconds + "."));
        hmac.AppendData(body);
        return $"t={seconds},v1={Convert.ToHexStringLower(hmac.GetHashAndReset())}";
    }
}
