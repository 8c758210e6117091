using System.ComponentModel.DataAnnotations;

namespace Rosud.Channels;

/// <summary>What the host allows those who only listen. Section <c>Rosud:Listeners</c>.</summary>
internal sealed class ListenerOptions
{
    public const string Section = "Rosud:Listeners";

    /// <summary>How long a listener of server-sent events may take nothing of what is sent to it before its connection is ended. It may come back and resume.</summary>
    /// <value>1 second to 5 minutes. Default 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);
}
