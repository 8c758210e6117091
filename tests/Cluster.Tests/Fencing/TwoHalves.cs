using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using Orleans.TestingHost;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Journal;
using Rosud.Storage;
using Rosud.Streams;
using Rosud.Tenants;
using StackExchange.Redis;

namespace Rosud.Fencing;

/// <summary>Two clusters that know nothing of each other over one store, as the halves of a partition are: each has a live activation of every channel.</summary>
internal sealed class TwoHalves : IAsyncDisposable
{
    public const string Memory = "memory";
    public const string Sqlite = "sqlite";
    public const string Redis = "redis";
    public const string Postgres = "postgres";

    private const string Inner = "inner";

    private readonly StoreFolder _folder = new();
    private readonly List<InProcessTestCluster> _clusters = [];
    private readonly List<PausableStorage> _storages = [];
    private RedisUnderFaults? _redis;
    private PostgresServer? _postgres;

    /// <summary>What the first half takes for the time.</summary>
    public ShiftedTime Time { get; } = new();

    public PausableStorage Storage(int half) => _storages[half];

    /// <summary>The provider itself, as one half has it.</summary>
    public IGrainStorage Provider(int half) => Services(half).GetRequiredKeyedService<IGrainStorage>(Inner);

    public IChannelGrain Channel(int half, string name) => _clusters[half].Client.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);

    public static async Task<TwoHalves> Start(string store)
    {
        var halves = new TwoHalves();
        if (store == Redis) halves._redis = await RedisUnderFaults.StartIfInstalled(halves._folder.Folder) ?? throw new InvalidOperationException("redis-server is not installed: tests/run installs it.");
        if (store == Postgres) halves._postgres = await PostgresServer.Start();
        for (var half = 0; half < 2; half++) await halves.Add(store);
        return halves;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var storage in _storages) storage.Wake();
        foreach (var cluster in Enumerable.Reverse(_clusters)) await cluster.DisposeAsync();
        if (_redis is not null) await _redis.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
        _folder.Dispose();
    }

    private IServiceProvider Services(int half) => _clusters[half].Silos[0].SiloHost.Services;

    private async Task Add(string store)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ServiceId = "fencing";
        builder.ConfigureSilo((_, silo) =>
        {
            if (_clusters.Count == 0) silo.Services.AddSingleton<TimeProvider>(Time);
            silo.Services.AddRosudGrains();
            AddStore(silo, store);
            silo.Services.AddKeyedSingleton<IGrainStorage>(IJournals.StorageName, (host, _) =>
            {
                var storage = new PausableStorage(host.GetRequiredKeyedService<IGrainStorage>(Inner));
                _storages.Add(storage);
                return storage;
            });
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.UseInMemoryReminderService();
            silo.AddRosudStreams(ChannelUpdates.Provider);
            silo.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Error));
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        _clusters.Add(cluster);
        Services(_clusters.Count - 1).GetRequiredKeyedService<IGrainStorage>(IJournals.StorageName);
    }

    private void AddStore(ISiloBuilder silo, string store)
    {
        switch (store)
        {
            case Sqlite:
                silo.Services.AddSingleton(_folder.Store).AddSqliteGrainStorage(Inner);
                break;
            case Redis:
                silo.AddRedisGrainStorage(Inner, options => options.ConfigurationOptions = ConfigurationOptions.Parse(_redis!.Connection));
                break;
            case Postgres:
                silo.Services.AddPostgresGrainStorage(Inner, _ => _postgres!.Connection);
                break;
            case Memory when _clusters.Count > 0:   // Its records live in grains of the first half.
                silo.Services.AddKeyedSingleton(Inner, Provider(0));
                break;
            default:
                silo.AddMemoryGrainStorage(Inner);
                break;
        }
    }
}
