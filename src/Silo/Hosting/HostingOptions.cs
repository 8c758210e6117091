using System.ComponentModel.DataAnnotations;

namespace Rosud.Hosting;

/// <summary>How this process runs. Section <c>Rosud:Hosting</c>.</summary>
internal sealed class HostingOptions
{
    public const string Section = "Rosud:Hosting";

    /// <summary>How long stopping may take before what is left is cut off. Cutting off loses nothing that was acknowledged.</summary>
    /// <value>1 s to 5 min. Default 25 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How long requests at work may go on after a stop was asked for; streams and long polls end then.</summary>
    /// <value>0 to 1 min. Default 3 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long storage may take to answer before the host says that it is not ready.</summary>
    /// <value>10 ms to 1 min. Default 2 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ReadyTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the start waits until the agents whose code runs in this process are registered. After it the host starts, is not ready, and goes on trying.</summary>
    /// <value>0 to 5 min. Default 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan AgentsTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
