using Microsoft.Extensions.DependencyInjection;
using Rosud.Channels;
using Rosud.Cluster;
using static Rosud.Runs.RunWords;

namespace Rosud.Runs;

public sealed class ReminderTests
{
    [Fact]
    public async Task A_reminder_brings_back_what_the_timers_of_a_lost_silo_knew()
    {
        var gate = new AgentGate();
        await using var cluster = await RosudCluster.Start(3, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
        {
            await gate.Hold(stopped);
            return Write("out", Read(work.Context, "in"));
        }));
        var channel = await Prepared(cluster, "reminded", null, "a");
        var run = await RosudCluster.Accept(channel, Request("out", Step("s", "a", "in", "out")));
        await gate.Entered;
        var driver = cluster.Grains.GetGrain<IRunGrain>(run.Key).AsReference<IRunDriver>();
        foreach (var silo in new[] { await cluster.SiloOf(driver), await cluster.SiloOf(channel) }.Distinct()) await cluster.Silos.KillSiloAsync(silo);

        // From a silo that is left: the client may not know yet that its gateway is gone.
        var left = cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();
        await left.GetGrain<IRemindable>(channel.GetGrainId()).ReceiveReminder(IWakeable.Reminder, default);

        Assert.True((await left.GetGrain<IRunGrain>(run.Key).AsReference<IRunDriver>().GetState()).Epoch > 1);
        var observer = new RosudCluster.EndObserver();
        await left.GetGrain<IRunGrain>(run.Key).Watch(left.CreateObjectReference<IRunObserver>(observer));
        gate.Open();
        Assert.Equal(RunStatus.Completed, (await observer.Ended.WaitAsync(TimeSpan.FromSeconds(30))).Status);
        GC.KeepAlive(observer);
    }
}
