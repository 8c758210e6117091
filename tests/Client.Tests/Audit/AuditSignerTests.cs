using Microsoft.Extensions.Options;

namespace Rosud.Audit;

public sealed class AuditSignerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-key-").FullName;

    private string KeyFilePath => Path.Combine(_folder, "inner", "key.pem");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_key_is_made_once_for_its_owner_only()
    {
        using var first = Signer(KeyFilePath);
        using var second = Signer(KeyFilePath);
        Assert.Equal(first.Key.Fingerprint, second.Key.Fingerprint);
        Assert.True(second.Key.Verify("text"u8, first.Key.Sign("text"u8)));
        using var published = AuditKey.FromPem(File.ReadAllText($"{KeyFilePath}.pub"));
        Assert.Equal(first.Key.Fingerprint, published.Fingerprint);
        Assert.Equal(["key.pem", "key.pem.pub"], Directory.GetFiles(Path.GetDirectoryName(KeyFilePath)!).Select(Path.GetFileName).Order());
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFilePath));
    }

    [Fact]
    public void Hosts_that_begin_together_end_with_one_key()
    {
        var signers = Enumerable.Range(0, 8).Select(_ => Signer(KeyFilePath)).ToList();
        Assert.Single(signers.AsParallel().WithDegreeOfParallelism(8).Select(signer => signer.Key.Fingerprint).ToList().Distinct());
        foreach (var signer in signers) signer.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("no key")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEr6eD6+pLXOhN6nXKD0b8HF6xy35ziY84EF+7wqSnOLcDAAKT3TCZ3fy3h/57ciVXporoPewWPI6XC1R/dM+voA==\n-----END PUBLIC KEY-----")]
    public void A_file_that_is_no_private_key_is_said_so(string text)
    {
        var file = Path.Combine(_folder, "bad.pem");
        File.WriteAllText(file, text);
        using var signer = Signer(file);
        Assert.Contains("Rosud:Audit:KeyFile", Assert.Throws<AuditKeyException>(() => signer.Key).Message, StringComparison.Ordinal);
    }

    private static AuditSigner Signer(string file) => new(Options.Create(new AuditOptions { KeyFile = file }));
}
