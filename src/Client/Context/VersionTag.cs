using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>A context version as an entity tag: <c>"v17"</c>.</summary>
internal static class VersionTag
{
    public static string Of(ContextVersion version) => $"\"{version}\"";

    /// <summary>Reads one tag. Weak tags name the same version.</summary>
    public static bool TryParse(string? text, out ContextVersion version)
    {
        version = default;
        var tag = text.AsSpan().Trim();
        if (tag.StartsWith("W/", StringComparison.Ordinal)) tag = tag[2..];
        if (tag is not ['"', 'v', .. var digits, '"'] || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        version = new(number);
        return true;
    }

    /// <summary>The version that <c>If-Match</c> names; null without that header.</summary>
    public static ContextVersion? IfMatch(HttpContext http, RequestReader request)
    {
        var header = http.Request.Headers.IfMatch;
        if (header.Count == 0) return null;
        if (header.Count == 1 && TryParse(header[0], out var version)) return version;
        request.Fault("If-Match", "This must be one version, for example \"v17\".");
        return null;
    }

    /// <summary>Whether <c>If-None-Match</c> lists <paramref name="version"/>.</summary>
    public static bool IsKnown(StringValues ifNoneMatch, ContextVersion version) =>
        ifNoneMatch.SelectMany(value => (value ?? "").Split(',')).Any(tag => tag.Trim() == "*" || (TryParse(tag, out var known) && known == version));
}
