using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Rosud.Runs;

/// <summary>How long a caller wants to wait for the end of its run (RFC 7240).</summary>
/// <param name="Async"><c>respond-async</c>: not at all.</param>
/// <param name="Wait"><c>wait=N</c>: at most this long; null when it does not say.</param>
internal readonly record struct Preference(bool Async, TimeSpan? Wait)
{
    /// <summary>The longest that anybody waits in one request.</summary>
    public static TimeSpan WaitMax { get; } = TimeSpan.FromSeconds(60);

    /// <summary>How long to wait at most.</summary>
    public TimeSpan Longest => Async ? TimeSpan.Zero : Wait is { } wait && wait < WaitMax ? wait : WaitMax;

    /// <summary>Reads the <c>Prefer</c> header. What it does not know it ignores, as the RFC wants; of two waits the first counts.</summary>
    public static Preference Parse(StringValues header)
    {
        var preference = new Preference();
        foreach (var token in header.SelectMany(value => (value ?? "").Split(',', ';')))
        {
            var (name, value) = token.Split('=', 2, StringSplitOptions.TrimEntries) is [var left, var right] ? (left, right.Trim('"')) : (token.Trim(), "");
            if (name.Equals("respond-async", StringComparison.OrdinalIgnoreCase)) preference = preference with { Async = true };
            else if (name.Equals("wait", StringComparison.OrdinalIgnoreCase) && preference.Wait is null && TrySeconds(value, out var wait)) preference = preference with { Wait = wait };
        }

        return preference;
    }

    private static bool TrySeconds(string text, out TimeSpan wait)
    {
        var good = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds);
        wait = TimeSpan.FromSeconds(seconds);
        return good;
    }
}
