using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Rosud.Audit;

/// <summary>The host's signing key: a file, and no record of the store. By default it lies in the data folder beside the embedded store; only on a volume of its own does it hold against whoever can rewrite that folder.</summary>
internal sealed class AuditSigner(IOptions<AuditOptions> options) : IDisposable
{
    private static readonly TimeSpan MakeTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private AuditKey? _key;

    /// <summary>Opened at the first use, and made when its file is missing. The public half lies beside it as <c>.pub</c>.</summary>
    /// <exception cref="AuditKeyException">The file cannot be read, made or used.</exception>
    public AuditKey Key
    {
        get
        {
            lock (_gate) return _key ??= Open(Path.GetFullPath(options.Value.KeyFile is { Length: > 0 } file ? file : Path.Combine("data", "audit-key.pem")));
        }
    }

    /// <summary>The key of a file that is there: a client signs with the hosts' key and never makes one of its own.</summary>
    /// <exception cref="InvalidOperationException">No file is named, it is not there, or it cannot be used.</exception>
    public AuditKey Existing
    {
        get
        {
            var file = options.Value.KeyFile;
            if (!File.Exists(file)) throw new InvalidOperationException($"Exports are signed with the key of the hosts: {AuditOptions.Section}:KeyFile must name its file. There is none at '{file}'.");
            try
            {
                return Key;
            }
            catch (AuditKeyException fault)
            {
                throw new InvalidOperationException(fault.Message, fault);
            }
        }
    }

    public void Dispose() => _key?.Dispose();

    private static AuditKey Open(string file)
    {
        try
        {
            if (!File.Exists(file)) MakeOnce(file);
            var key = AuditKey.FromPem(File.ReadAllText(file));
            key.Sign([]);   // A public key in the place of a private one is found now.
            return key;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new AuditKeyException($"The key that audits are signed with cannot be used ({AuditOptions.Section}:KeyFile): {fault.Message}", fault);
        }
    }

    // Hosts that begin together on one machine end with one key.
    private static void MakeOnce(string file)
    {
        using var one = new Mutex(initiallyOwned: false, $"rosud-audit-key-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)))}");
        try
        {
            if (!one.WaitOne(MakeTimeout)) throw new IOException("Another process is making the key and does not end.");
        }
        catch (AbandonedMutexException)
        {
            // Whoever was making it is gone; it is ours now.
        }

        try
        {
            if (!File.Exists(file)) Make(file);
        }
        finally
        {
            one.ReleaseMutex();
        }
    }

    // Written aside and put in place at once, so that nobody ever reads half of it.
    private static void Make(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var key = AuditKey.Make();
        var aside = $"{file}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        var own = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) own.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(aside, own)) writer.Write(key.PrivatePem());
        File.WriteAllText($"{file}.pub", key.Pem + "\n");
        File.Move(aside, file, overwrite: false);
    }
}

/// <summary>Exports cannot be signed. The message says which setting to look at.</summary>
internal sealed class AuditKeyException(string message, Exception cause) : Exception(message, cause);
