using System.Security.Cryptography;

namespace Rosud.Audit;

/// <summary>The public key that exports are checked with: ECDSA on the curve P-256, over SHA-256.</summary>
internal sealed class AuditKey : IDisposable
{
    /// <summary>Bytes of a signature: r and s.</summary>
    public const int SignatureBytes = 64;

    private const string Curve = "1.2.840.10045.3.1.7";

    private readonly ECDsa _key;

    private AuditKey(ECDsa key)
    {
        _key = key;
        Public = key.ExportSubjectPublicKeyInfo();
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Public));
    }

    /// <summary>The public key, as SubjectPublicKeyInfo.</summary>
    public byte[] Public { get; }

    /// <summary>SHA-256 of <see cref="Public"/>, 64 hexadecimal digits.</summary>
    public string Fingerprint { get; }

    public string Pem => PemEncoding.WriteString("PUBLIC KEY", Public);

    public static AuditKey Make() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>A key from PEM, private or public.</summary>
    /// <exception cref="CryptographicException">It is none, or on another curve.</exception>
    public static AuditKey FromPem(string pem) => Read(key =>
    {
        try
        {
            key.ImportFromPem(pem);
        }
        catch (ArgumentException fault)
        {
            throw new CryptographicException("The file has no key in PEM.", fault);
        }
    });

    /// <summary>A public key from its SubjectPublicKeyInfo.</summary>
    /// <exception cref="CryptographicException">It is none, or on another curve.</exception>
    public static AuditKey FromPublic(ReadOnlySpan<byte> spki)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(spki, out var read);
            return read == spki.Length ? Checked(key) : throw new CryptographicException("There is something behind the key.");
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public string PrivatePem() => _key.ExportPkcs8PrivateKeyPem();

    public byte[] Sign(ReadOnlySpan<byte> text) => _key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => _key.Dispose();

    private static AuditKey Read(Action<ECDsa> import)
    {
        var key = ECDsa.Create();
        try
        {
            import(key);
            return Checked(key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static AuditKey Checked(ECDsa key) => key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == Curve
        ? new(key)
        : throw new CryptographicException("The key is not on the curve P-256.");
}
