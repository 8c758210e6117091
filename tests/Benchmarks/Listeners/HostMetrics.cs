using System.Globalization;
using System.Text.RegularExpressions;

namespace Rosud.Listeners;

/// <summary>Reads single numbers of a host's <c>/metrics</c>.</summary>
internal static partial class HostMetrics
{
    /// <summary>The sum of a metric over its labels; null when the host has not counted it yet.</summary>
    public static async Task<double?> Read(HttpClient http, string metric, CancellationToken stopped)
    {
        var found = Line().Matches(await http.GetStringAsync("/metrics", stopped)).Where(line => line.Groups["name"].Value == metric).ToList();
        return found.Count == 0 ? null : found.Sum(line => double.Parse(line.Groups["value"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(?<name>\w+)(\{[^}]*\})? (?<value>[-+.\deE]+)", RegexOptions.Multiline)]
    private static partial Regex Line();
}
