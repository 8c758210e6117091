using Rosud.Channels;
using Rosud.Context;
using Rosud.Histories;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Load;

/// <summary>Talks to the cluster as a .NET app does, over <see cref="IRosudClient"/>, which repeats by itself.</summary>
internal sealed class ClientCaller : ICaller, IAsyncDisposable
{
    private readonly IHost _app;
    private readonly Recorder _recorder;

    private ClientCaller(IHost app, Recorder recorder) => (_app, _recorder) = (app, recorder);

    public IRosudClient Rosud => _app.Services.GetRequiredService<IRosudClient>();

    public static async Task<ClientCaller> Connect(string cluster, IEnumerable<string> gateways, Recorder recorder)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddCommandLine([$"--Orleans:ClusterId={cluster}"]);
        builder.AddRosudClient(options =>
        {
            options.CallTimeout = TimeSpan.FromSeconds(20);
            options.ResponseTimeout = TimeSpan.FromSeconds(3);
            foreach (var gateway in gateways) options.Gateways.Add(gateway);
        });
        var app = builder.Build();
        await app.StartAsync();
        return new(app, recorder);
    }

    public async Task<(Told Told, long Version)?> Commit(string channel, WriteOperation write, CancellationToken stopped)
    {
        var patch = new ContextPatch
        {
            Writes = [.. write.Writes.Select(entry => new ContextWrite(new(entry.Key), entry.Value is { } value ? JsonValue.Parse(value) : null))],
            BasedOn = write.BasedOn is { } basedOn ? new(basedOn) : null,
            Reads = [.. write.Reads.Select(key => new KeyPattern(key))],
            Origin = new("client"),
            OperationId = write.Operation,
        };
        return await Try<(Told, long)>(
            async () => await Rosud.Channels.Open(channel).Commit(patch, stopped) switch
            {
                PatchOutcome.Applied applied => (Told.Accepted, applied.Version.Number),
                PatchOutcome.Stale stale => (Told.Stale, stale.Version.Number),
                var other => throw new InvalidOperationException($"A commit was answered with {other}."),
            },
            stopped);
    }

    public Task<(long Version, StateHash Content)?> Read(string channel, long? plainFrom, CancellationToken stopped) => Try<(long, StateHash)>(
        async () =>
        {
            var query = plainFrom is { } version ? new ContextQuery { Consistency = ReadConsistency.Plain, MinVersion = new(version) } : new();
            var view = await Rosud.Channels.Open(channel).Read(query, stopped);
            return (view.Version.Number, Recorded.Content(view));
        },
        stopped);

    /// <summary>The silo port of the host that has a channel; null when none has it, or that cannot be said now.</summary>
    public async Task<int?> SiloPortOf(string channel, CancellationToken stopped)
    {
        var cluster = _app.Services.GetRequiredService<IClusterClient>();
        var grain = cluster.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, channel).Key);
        return await Try<int>(
            async () => await cluster.GetGrain<IManagementGrain>(0).GetActivationAddress(grain) is { } address ? address.Endpoint.Port : throw new UnknownOutcomeException("Nobody has it."),
            stopped);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        _app.Dispose();
    }

    private async Task<T?> Try<T>(Func<Task<T>> call, CancellationToken stopped)
        where T : struct
    {
        try
        {
            return await call();
        }
        catch (Exception fault) when (fault is UnknownOutcomeException or OverloadedException or RefusedException { Problem.Kind: ProblemKind.VersionAhead } || LostCalls.LeavesOutcomeOpen(fault)
            || (fault is OperationCanceledException && !stopped.IsCancellationRequested))
        {
            _recorder.WasLost();
            return null;
        }
    }
}
