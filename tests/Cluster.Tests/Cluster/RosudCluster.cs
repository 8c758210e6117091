using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.TestingHost;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Streams;
using Rosud.Tenants;

namespace Rosud.Cluster;

/// <summary>Silos in this process with Rosud's grains, their own stream provider and one storage that outlives them.</summary>
public sealed class RosudCluster : IAsyncDisposable
{
    private RosudCluster(InProcessTestCluster cluster, SharedStorage storage, LoggedErrors errors)
    {
        Silos = cluster;
        Storage = storage;
        Errors = errors;
    }

    public InProcessTestCluster Silos { get; }

    public SharedStorage Storage { get; }

    /// <summary>What Rosud has logged as an error.</summary>
    internal LoggedErrors Errors { get; }

    public IGrainFactory Grains => Silos.Client;

    /// <summary>Starts <paramref name="silos"/> silos that all have the same in-process agents.</summary>
    public static async Task<RosudCluster> Start(int silos = 2, params LocalAgent[] agents)
    {
        var (storage, errors) = (new SharedStorage(), new LoggedErrors());
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddRosudGrains();
            silo.Services.AddKeyedSingleton<IGrainStorage>(IJournals.StorageName, storage);
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.UseInMemoryReminderService();
            silo.Configure<ClusterMembershipOptions>(options =>
            {
                options.ProbeTimeout = TimeSpan.FromSeconds(1);
                options.NumMissedProbesLimit = 2;
            });
            silo.AddRosudStreams(ChannelUpdates.Provider);
            silo.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(errors));
            foreach (var agent in agents) silo.Services.AddSingleton(agent);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        var rosud = new RosudCluster(cluster, storage, errors);
        foreach (var agent in agents)
        {
            var outcome = await rosud.Grains.GetGrain<IAgentGrain>(agent.Id.Key).Register(agent.Spec! with { Transport = new(TransportKind.InProcess) });
            Assert.IsType<AgentOutcome.Found>(outcome);
        }

        return rosud;
    }

    public static LocalAgent Agent(string name, string[] reads, string[] writes, AgentHandler handler, int maxConcurrency = 64) => new(
        new(TenantId.Default, name),
        new() { Reads = [.. reads.Select(read => new KeyPattern(read))], Writes = [.. writes.Select(write => new KeyPattern(write))], MaxConcurrency = maxConcurrency, QueueLimit = 1_000 },
        handler);

    public async Task<IChannelGrain> Channel(string name, ContextSync? sync = null, params string[] agents)
    {
        var channel = Grains.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        Assert.IsType<ChannelOutcome.Found>(await channel.Create(new() { Agents = [.. agents], Sync = sync ?? new() }));
        return channel;
    }

    public static async Task<RunId> Accept(IChannelGrain channel, CoordinateRequest request)
    {
        var outcome = await channel.Coordinate(request, null);
        return outcome is CoordinateOutcome.Accepted accepted
            ? accepted.Run
            : throw new InvalidOperationException(string.Join("; ", ((CoordinateOutcome.Refused)outcome).Problem.Errors.Select(error => $"{error.Pointer} {error.Code} {error.Message}")));
    }

    /// <summary>Coordinates and waits until the run has told its end.</summary>
    public async Task<RunResult> Coordinate(IChannelGrain channel, CoordinateRequest request)
    {
        var observer = new EndObserver();
        var outcome = await channel.Coordinate(request, Grains.CreateObjectReference<IRunObserver>(observer));
        Assert.IsType<CoordinateOutcome.Accepted>(outcome);
        var result = await observer.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        GC.KeepAlive(observer);
        return result;
    }

    /// <summary>Waits for the end of a run whoever drives it, also after its driver was lost.</summary>
    public async Task<RunResult> End(RunId run)
    {
        var observer = new EndObserver();
        var reference = Grains.CreateObjectReference<IRunObserver>(observer);
        if (await Grains.GetGrain<IRunGrain>(run.Key).Watch(reference) is RunOutcome.Found { Result: { HasEnded: true } result }) return result;
        result = await observer.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        GC.KeepAlive(observer);
        return result;
    }

    /// <summary>Returns when a deleted channel has nothing left: each look is a command behind those that empty it.</summary>
    internal static async Task Emptied(IChannelGrain channel)
    {
        for (var look = 0; look < 1_000; look++)
        {
            if ((await channel.AsReference<IChannelPanel>().GetState()).Keys == 0) return;
            await channel.Delete();
        }

        Assert.Fail("The channel is not empty.");
    }

    /// <summary>The silo that has a grain's activation.</summary>
    public async Task<InProcessSiloHandle> SiloOf(IGrain grain)
    {
        var address = await Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return Silos.Silos.Single(silo => silo.SiloAddress.Equals(address));
    }

    public Task<NetworkMetrics> Metrics() => Grains.GetGrain<INetworkGrain>(new NetworkId(TenantId.Default, NetworkId.DefaultName).Key).Metrics();

    public ValueTask DisposeAsync()
    {
        Storage.Open();
        return Silos.DisposeAsync();
    }

    internal sealed class EndObserver : IRunObserver
    {
        private readonly TaskCompletionSource<RunResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<RunResult> Ended => _ended.Task;

        Task IRunObserver.Ended(RunResult result)
        {
            _ended.TrySetResult(result);
            return Task.CompletedTask;
        }
    }
}
