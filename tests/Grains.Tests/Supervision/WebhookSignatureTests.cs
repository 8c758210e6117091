using System.Text;

namespace Rosud.Supervision;

public sealed class WebhookSignatureTests
{
    [Fact]   // The expected digest was computed with openssl: printf '1767225600.{"a":1}' | openssl dgst -sha256 -hmac secret
    public void A_signature_is_the_digest_of_time_and_body() => Assert.Equal(
        "t=1767225600,v1=96a067a1c95eb143fc00b9097bcfcbcd5456adda508c443ff219748e764dbed7",
        WebhookSignature.Of("secret", DateTimeOffset.FromUnixTimeSeconds(1_767_225_600), Encoding.UTF8.GetBytes("""{"a":1}""")));
}
