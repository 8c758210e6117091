using System.Diagnostics.Metrics;

namespace Rosud.Channels;

/// <summary>Counts what feeds read without being told to. SEMANTICS C19.</summary>
internal static class FeedMeter
{
    private static readonly Meter Rosud = new("Rosud");
    private static readonly Counter<long> AntiEntropyReads =
        Rosud.CreateCounter<long>("anti_entropy_reads_total", description: "Reads that compare a feed's head with its channel's.");

    private static readonly Counter<long> Polls =
        Rosud.CreateCounter<long>("polls_total", description: "Other reads on a timer. There are none: whoever adds one counts it here.");

    /// <summary>A feed opened. Makes the counters show up before there is anything to count.</summary>
    public static void Opened()
    {
        AntiEntropyReads.Add(0);
        Polls.Add(0);
    }

    /// <summary>A feed compares heads.</summary>
    public static void Compared() => AntiEntropyReads.Add(1);
}
