using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rosud.Tenants;

/// <summary>The API keys in force.</summary>
internal sealed class ApiKeyRing
{
    /// <summary>Longer than any key that we tell people to make; the rest is not worth hashing.</summary>
    private const int KeyLengthMax = 512;

    private readonly ILogger<ApiKeyRing> _log;
    private volatile Held[] _keys;
    private volatile bool _open;

    public ApiKeyRing(IOptionsMonitor<RosudHttpOptions> options, ILogger<ApiKeyRing> log)
    {
        _log = log;
        _keys = Read(options.CurrentValue);
        _open = IsEmpty(options.CurrentValue);
        options.OnChange(Replace);
    }

    /// <summary>Whether everyone may do everything, because nobody has configured a key.</summary>
    public bool IsOpen => _open;

    public Caller? Find(string key)
    {
        if (key.Length is 0 or > KeyLengthMax) return null;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        Caller? found = null;
        foreach (var held in _keys)   // All of them: the time taken must not tell which key came close.
        {
            if (CryptographicOperations.FixedTimeEquals(hash, held.Hash)) found = held.Caller;
        }

        return found;
    }

    // What was closed once stays closed: a file that is read half-written has no keys either.
    private void Replace(RosudHttpOptions changed)
    {
        _keys = Read(changed);
        _open &= IsEmpty(changed);
    }

    // A key that the configuration has in a wrong shape is a key all the same.
    private static bool IsEmpty(RosudHttpOptions options) => options.Keys.Count == 0 && options.KeysConfigured == 0;

    // A key that cannot be read opens nothing, and must not open the door to everyone either.
    private Held[] Read(RosudHttpOptions options)
    {
        var keys = ImmutableArray.CreateBuilder<Held>(options.Keys.Count);
        for (var i = 0; i < options.Keys.Count; i++)
        {
            var key = options.Keys[i];
            if (key.Fault() is { } fault)
            {
                _log.LogError("Rosud:Keys:{Index} opens nothing: {Fault}", i, fault);
                keys.Add(new(new byte[SHA256.HashSizeInBytes], null));
                continue;
            }

            keys.Add(new(Convert.FromHexString(key.Sha256), new(new(key.Tenant), key.Role, key.Agent)));
        }

        return [.. keys];
    }

    private sealed record Held(byte[] Hash, Caller? Caller);
}
