using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Rosud.Storage;

/// <summary>A data folder of one test, with the store in it; gone with the test.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public StoreFolder() => Store = SqliteStore.Open(Folder);

    public string Folder { get; } = Directory.CreateTempSubdirectory("rosud-store-").FullName;

    public SqliteStore Store { get; private set; }

    public IGrainStorage Grains(string name = "rosud") => new SqliteGrainStorage(
        name, Store, new OrleansGrainStorageSerializer(_services.GetRequiredService<Serializer>()), _services.GetRequiredService<IActivatorProvider>());

    public IReminderTable Reminders() => new SqliteReminderTable(Store);

    /// <summary>Gives a silo of a test cluster this store for its grains, its streams' subscriptions and its reminders.</summary>
    public void AddTo(ISiloBuilder silo) => silo.AddReminders().Services
        .AddSingleton(Store)
        .AddSqliteGrainStorage("rosud")
        .AddSqliteGrainStorage("PubSubStore")
        .AddSqliteReminders();

    public void Reopen()
    {
        Store.Dispose();
        Store = SqliteStore.Open(Folder);
    }

    public void Dispose()
    {
        Store.Dispose();
        _services.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

[GenerateSerializer, Alias("rosud.tests.note")]
public sealed class Note
{
    [Id(0)] public string Text { get; set; } = "";
}
