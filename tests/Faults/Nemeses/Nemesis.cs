using System.Collections.Immutable;
using Rosud.Hosting;

namespace Rosud.Nemeses;

/// <summary>One kind of harm.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Stores">Where it can be done.</param>
/// <param name="Strike">Does it and takes it back. What is still broken then, the deployment's supervisor mends.</param>
internal sealed record Nemesis(string Name, ImmutableArray<string> Stores, Func<Deployment, Random, CancellationToken, Task> Strike)
{
    public static readonly Nemesis Drop = new("drop connections", [Deployment.Sqlite, Deployment.Redis], async (deployment, _, stopped) =>
    {
        for (var time = 0; time < 10; time++)
        {
            foreach (var proxy in deployment.Proxies) proxy.Drop();
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stopped);
        }
    });

    public static readonly Nemesis KillOne = new("kill one of two", [Deployment.Redis], async (deployment, random, stopped) =>
    {
        var host = Some(deployment, random);
        await host.Kill();
        await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System, stopped);
        await host.Restart();
    });

    public static readonly Nemesis KillAll = new("kill all", [Deployment.Sqlite, Deployment.Redis], async (deployment, _, _) =>
    {
        await Task.WhenAll(deployment.Hosts.Select(host => host.Kill()));
        await Task.WhenAll(deployment.Hosts.Select(host => host.Restart()));
    });

    public static readonly Nemesis PauseShort = Pause(3);

    public static readonly Nemesis PauseLong = Pause(12);

    public static readonly Nemesis KillStore = new("kill Redis", [Deployment.Redis], async (deployment, _, stopped) =>
    {
        await deployment.RedisServer!.Kill();
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stopped);
        await deployment.RedisServer.Restart();
    });

    public static ImmutableArray<Nemesis> All { get; } = [Drop, KillOne, KillAll, PauseShort, PauseLong, KillStore];

    public static ImmutableArray<Nemesis> Quick { get; } = [Drop, PauseShort, KillAll];

    private static Nemesis Pause(int seconds) => new($"pause {seconds} s", [Deployment.Sqlite, Deployment.Redis], async (deployment, random, stopped) =>
    {
        var host = Some(deployment, random);
        await host.Pause();
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, stopped);
        }
        finally
        {
            await host.Resume();
        }
    });

    private static HostUnderFaults Some(Deployment deployment, Random random) => deployment.Targets[random.Next(deployment.Targets.Count)];
}

/// <summary>One nemesis as it was seen.</summary>
/// <param name="Nemesis">Which.</param>
/// <param name="Store">Where.</param>
/// <param name="Lost">Attempts that were not answered meanwhile.</param>
/// <param name="Gaps">For each channel, the longest time without an acknowledged write.</param>
/// <param name="Back">From the last harm's end until every channel had acknowledged a write again.</param>
internal sealed record Episode(string Nemesis, string Store, long Lost, ImmutableArray<TimeSpan> Gaps, TimeSpan Back)
{
    private static readonly TimeSpan GapMin = TimeSpan.FromMilliseconds(500);

    /// <summary>Harm that nobody noticed proves nothing.</summary>
    public bool Bit => Lost > 0 || Gaps.Max() >= GapMin;
}
