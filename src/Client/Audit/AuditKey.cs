using System.Security.Cryptography;

namespace Rosud.Audit;

/// <summary>The public key that exports are checked with: ECDSA on the curve P-256, over SHA-256.</summary>
internal sealed class AuditKey : IDisposable
{
    /// <summary>Bytes of a signature: r and s.</summary>
    public const int SignatureBytes = 64;

    private const string Curve = "1.2.840.10045.3.1.7";

    private const int PointBytes = 32;

    private readonly ECDsa _key;

    private AuditKey(ECDsa key)
    {
        _key = key;
        Public = key.ExportSubjectPublicKeyInfo();
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Public));
    }

    // What stands before the point, uncompressed, in every SubjectPublicKeyInfo of P-256.
    private static ReadOnlySpan<byte> Prefix => [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04];

    /// <summary>The public key, as SubjectPublicKeyInfo.</summary>
    public byte[] Public { get; }

    /// <summary>SHA-256 of <see cref="Public"/>, 64 hexadecimal digits.</summary>
    public string Fingerprint { get; }

    public string Pem => PemEncoding.WriteString("PUBLIC KEY", Public);

    public static AuditKey Make() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>A key from PEM, private or public.</summary>
    /// <exception cref="CryptographicException">It is none, or on another curve.</exception>
    public static AuditKey FromPem(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == Curve
                ? new(key)
                : throw new CryptographicException("The key is not on the curve P-256.");
        }
        catch (Exception fault)
        {
            key.Dispose();
            if (fault is ArgumentException or PlatformNotSupportedException) throw new CryptographicException("The file has no key on the curve P-256 in PEM.", fault);
            throw;
        }
    }

    /// <summary>A public key from its SubjectPublicKeyInfo. Only the one form that P-256 has is looked at: what a stranger wrote never comes to a parser of keys.</summary>
    /// <exception cref="CryptographicException">It is none, or on another curve.</exception>
    public static AuditKey FromPublic(ReadOnlySpan<byte> spki)
    {
        if (spki.Length != Prefix.Length + (2 * PointBytes) || !spki.StartsWith(Prefix)) throw new CryptographicException("This is not a public key on the curve P-256.");
        var point = new ECPoint { X = spki.Slice(Prefix.Length, PointBytes).ToArray(), Y = spki[^PointBytes..].ToArray() };
        return new(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }));
    }

    public string PrivatePem() => _key.ExportPkcs8PrivateKeyPem();

    public byte[] Sign(ReadOnlySpan<byte> text) => _key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => _key.Dispose();
}
