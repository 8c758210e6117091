using System.Text;

namespace Rosud.Agents;

public sealed class WebhookSignatureTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_767_225_600);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"a":1}""");

    [Fact]
    public void A_receiver_knows_what_was_signed_with_its_secret_a_short_while_ago()
    {
        var header = WebhookSignature.Of("secret", At, Body);

        Assert.True(WebhookSignature.IsValid("secret", header, Body, At + WebhookSignature.Tolerance));
        Assert.False(WebhookSignature.IsValid("secret", header, Body, At + WebhookSignature.Tolerance + TimeSpan.FromSeconds(1)));
        Assert.False(WebhookSignature.IsValid("secret", header, Body, At - WebhookSignature.Tolerance - TimeSpan.FromSeconds(1)));
        Assert.False(WebhookSignature.IsValid("another", header, Body, At));
        Assert.False(WebhookSignature.IsValid("secret", header, Encoding.UTF8.GetBytes("""{"a":2}"""), At));
        Assert.False(WebhookSignature.IsValid("secret", header.Replace("t=1", "t=2", StringComparison.Ordinal), Body, At));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("t=1767225600")]
    [InlineData("v1=00,t=1767225600")]
    [InlineData("t=x,v1=00")]
    [InlineData("t=1767225600,v1=")]
    public void What_is_no_signature_is_not_valid(string? header) => Assert.False(WebhookSignature.IsValid("secret", header, Body, At));

    [Fact]   // The expected digest was computed with openssl: printf '1767225600.{"a":1}' | openssl dgst -sha256 -hmac secret
    public void A_signature_is_the_digest_of_time_and_body() => Assert.Equal(
        "t=1767225600,v1=96a067a1c95eb143fc00b9097bcfcbcd5456adda508c443ff219748e764dbed7",
        WebhookSignature.Of("secret", DateTimeOffset.FromUnixTimeSeconds(1_767_225_600), Encoding.UTF8.GetBytes("""{"a":1}""")));
}
