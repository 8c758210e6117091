using Rosud.Context;

namespace Rosud.Measuring;

/// <summary>JSON strings of a given length, decided by a seed. Two in a row differ.</summary>
internal sealed class Content
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const int Kinds = 257;

    private readonly JsonValue[] _values;
    private int _next;

    /// <param name="seed">Decides every value.</param>
    /// <param name="bytes">The canonical length of each, quotes included.</param>
    public Content(int seed, int bytes)
    {
#pragma warning disable CA5394 // Content, not secrets: the same seed must give the same.
        var random = new Random(seed);
        _values = [.. Enumerable.Range(0, Kinds).Select(_ => JsonValue.From(new string(random.GetItems<char>(Letters, bytes - 2))))];
#pragma warning restore CA5394
    }

    /// <summary>The next value.</summary>
    public JsonValue Next() => _values[(uint)Interlocked.Increment(ref _next) % Kinds];
}
