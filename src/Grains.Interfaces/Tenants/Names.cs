namespace Rosud.Tenants;

/// <summary>The grammar of the names that callers choose: tenants, networks, agents, channels, tasks and steps.</summary>
public static class Names
{
    /// <summary>The longest name, in characters (which are bytes: names are ASCII).</summary>
    public const int LengthMax = 128;

    /// <summary>The longest id that Rosud itself makes; longer than a name because a run's id holds its channel's.</summary>
    public const int MadeLengthMax = 640;

    /// <summary>Whether <paramref name="name"/> matches <c>[a-z0-9][a-z0-9._-]{0,127}</c>.</summary>
    public static bool IsValid(string? name) => IsWord(name, LengthMax);

    /// <summary>Whether <paramref name="id"/> has the characters of a name, up to the length of ids that Rosud makes.</summary>
    public static bool IsMadeId(string? id) => IsWord(id, MadeLengthMax);

    /// <summary>Splits the grain key <c>tenant/name</c>.</summary>
    /// <exception cref="FormatException">The key has no slash.</exception>
    public static (string Tenant, string Name) SplitKey(string grainKey)
    {
        var slash = grainKey.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            ? (grainKey[..slash], grainKey[(slash + 1)..])
            : throw new FormatException($"'{grainKey}' is no grain key: it must be tenant/name.");
    }

    private static bool IsWord(string? text, int lengthMax)
    {
        if (text is not { Length: > 0 } || text.Length > lengthMax || !IsLetterOrDigit(text[0])) return false;
        foreach (var c in text)
        {
            if (!IsLetterOrDigit(c) && c is not ('.' or '_' or '-')) return false;
        }

        return true;
    }

    private static bool IsLetterOrDigit(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
}
