using System.Globalization;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Supervision;
using Rosud.Tenants;
using Rosud.Workloads;

namespace Rosud.W5;

/// <summary>What a run holds in the managed memory of its host that only waits for its agent: its driver, its record in the channel, and its place in the agent's queue. What is stored of it is not counted.</summary>
internal sealed class WaitingRuns(Bench bench)
{
    private const string Agent = "absent";
    private const int Channels = 20;

    public async Task Measure()
    {
        await using var host = await LocalHost.Start(HostSettings.New("w5-waiting").InMemory(), MemoryStore.Add);
        await host.Cluster.GetGrain<IAgentGrain>(new AgentId(TenantId.Default, Agent).Key)
            .Register(new() { Reads = ["in"], Writes = ["out"], QueueLimit = 100_000 });
        var channels = await Task.WhenAll(Enumerable.Range(0, Channels).Select(number => Open(host, number)));
        foreach (var channel in channels) await Start(channel);   // What is made once is made now.
        var runs = bench.Choose(10_000, 1_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var started = 0; started < runs; started += Channels) await Task.WhenAll(channels.Select(Start));
        var supervisor = host.Cluster.GetGrain<ISupervisorGrain>(new AgentId(TenantId.Default, Agent).Key);
        while ((await supervisor.Describe(null)).Bulkhead.Queued < runs) await bench.Wait(TimeSpan.FromMilliseconds(50));
        await bench.Wait(TimeSpan.FromSeconds(2));   // Buffers of what has been written go back.
        var held = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1024d / runs;
        bench.Notes.Note("runs that wait for their agent", "runs", runs);
        bench.Notes.Note("memory per waiting run", "KiB", held);
    }

    private static async Task<IChannelGrain> Open(LocalHost host, int number)
    {
        var channel = host.Cluster.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, string.Create(CultureInfo.InvariantCulture, $"waiting-{number}")).Key);
        await channel.Create(new() { Agents = [Agent] });
        await channel.Commit(new() { Writes = [ContextWrite.Set("in", new string('x', 256))], Origin = new("benchmark") });
        return channel;
    }

    private static async Task Start(IChannelGrain channel)
    {
        var outcome = await channel.Coordinate(new() { Task = new() { Goal = "wait" }, Timeout = TimeSpan.FromHours(1) }, null);
        if (outcome is not CoordinateOutcome.Accepted) throw new InvalidOperationException($"A run was answered with {outcome}.");
    }
}
