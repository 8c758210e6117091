using System.Globalization;

namespace Rosud.Runs;

/// <summary>How long a run waits for an answer of its channel or of a supervisor. PROTOCOL-runs §3.</summary>
internal static class RunCalls
{
    /// <summary>2 s. Orleans looks once a second at what it waits for, so a call that is not answered ends after 2 to 3 s: a timer for each call would cost as much as the call.</summary>
    public const string Limit = "00:00:02";

    /// <summary>The same, for what waits by itself.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.Parse(Limit, CultureInfo.InvariantCulture);
}
