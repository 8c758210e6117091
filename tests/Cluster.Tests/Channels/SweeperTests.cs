using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;
using Rosud.Storage;

namespace Rosud.Channels;

public sealed class SweeperTests
{
    [Fact(Timeout = 60_000)]
    public async Task Grains_with_open_runs_are_woken_at_start_and_when_a_silo_dies()
    {
        using var folder = new StoreFolder();
        var sleepers = await Sleepers(folder, IWakeable.Reminder, 100);
        var others = await Sleepers(folder, "something-else", 10);
        var started = new Wakings(sleepers);
        await using var cluster = Cluster(folder, started, silos: 2);
        await cluster.DeployAsync();
        await started.All;

        var again = started.Next();
        await cluster.KillSiloAsync(cluster.Silos[1]);
        await again;

        Assert.Empty(others.Intersect(started.Seen));
    }

    private static InProcessTestCluster Cluster(StoreFolder folder, Wakings wakings, short silos)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            folder.AddTo(silo);
            silo.Services.AddSingleton(wakings).AddChannelSweeper();
            silo.Services.Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = TimeSpan.FromSeconds(1);
                membership.NumMissedProbesLimit = 2;
            });
        });
        return builder.Build();
    }

    private static async Task<List<string>> Sleepers(StoreFolder folder, string reminder, int count)
    {
        var keys = Enumerable.Range(0, count).Select(i => $"default/{reminder}-{i}").ToList();
        foreach (var key in keys)
        {
            await folder.Reminders().UpsertRow(new()
            {
                GrainId = GrainId.Create("sleeper", key),
                ReminderName = reminder,
                StartAt = new(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc),
                Period = TimeSpan.FromHours(1),
            });
        }

        return keys;
    }
}

/// <summary>Who was woken, and a gate that opens when all that should be were.</summary>
public sealed class Wakings(IReadOnlyCollection<string> expected)
{
    private readonly ConcurrentDictionary<string, bool> _seen = new();
    private ConcurrentDictionary<string, bool> _round = new();
    private TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task All => _all.Task;

    public IEnumerable<string> Seen => _seen.Keys;

    public Task Next()
    {
        _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _round = new();
        return _all.Task;
    }

    public void Add(string key)
    {
        _seen[key] = true;
        _round[key] = true;
        if (expected.All(_round.ContainsKey)) _all.TrySetResult();
    }
}

[GrainType("sleeper")]
internal sealed class SleeperGrain(Wakings wakings) : Grain, IWakeable, IRemindable
{
    public Task Wake()
    {
        wakings.Add(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public Task ReceiveReminder(string reminderName, Orleans.Runtime.TickStatus status) => Task.CompletedTask;
}
