using System.Diagnostics.Metrics;

namespace Rosud.Channels;

/// <summary>Counts who listens to this host's events, and whom it had to cut.</summary>
internal static class ListenerMeter
{
    private static readonly Meter Rosud = new("Rosud");
    private static readonly UpDownCounter<long> Listeners =
        Rosud.CreateUpDownCounter<long>("listeners", description: "Open connections of server-sent events.");

    private static readonly UpDownCounter<long> Subscriptions =
        Rosud.CreateUpDownCounter<long>("subscriptions", description: "Channels that this host is subscribed to: one for each that is listened to, however many listen.");

    private static readonly Counter<long> CutOff =
        Rosud.CreateCounter<long>("listeners_cut_total", description: "Connections ended by this host because nothing of what was sent was taken in time.");

    private static readonly Counter<long> TooSlow =
        Rosud.CreateCounter<long>("listeners_slow_total", description: "Listeners ended with a gap because 256 items or 1 MiB waited for them.");

    public static void Came()
    {
        Listeners.Add(1);
        CutOff.Add(0);
        TooSlow.Add(0);
    }

    public static void Went() => Listeners.Add(-1);

    public static void Cut() => CutOff.Add(1);

    public static void Slow() => TooSlow.Add(1);

    public static void Subscribed() => Subscriptions.Add(1);

    public static void Unsubscribed() => Subscriptions.Add(-1);
}
