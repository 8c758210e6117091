using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using Rosud.Hosting;
using Rosud.Storage;

[assembly: RegisterProvider("Sqlite", "GrainStorage", "Silo", typeof(SqliteGrainStorageProvider))]
[assembly: RegisterProvider("Sqlite", "Reminders", "Silo", typeof(SqliteReminderProvider))]

namespace Rosud.Storage;

/// <summary>What <c>Orleans:GrainStorage:&lt;name&gt;:ProviderType=Sqlite</c> means.</summary>
internal sealed class SqliteGrainStorageProvider : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.Services.AddSqliteStore().AddSqliteGrainStorage(name!);
}

/// <summary>What <c>Orleans:Reminders:ProviderType=Sqlite</c> means.</summary>
internal sealed class SqliteReminderProvider : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.AddReminders().Services.AddSqliteStore().AddSqliteReminders();
}

/// <summary>Opens the store before the silo starts, so that a folder that cannot be used is one clear line.</summary>
internal sealed class SqliteStoreCheck(IServiceProvider services) : IStartupCheck
{
    public void Run() => services.GetRequiredService<SqliteStore>();
}

/// <summary>Puts the embedded store into a silo. Several silos of one process share a store that was added before as an instance.</summary>
internal static class SqliteProviders
{
    public static IServiceCollection AddSqliteStore(this IServiceCollection services)
    {
        services.AddOptions<StoreOptions>().BindConfiguration(StoreOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(provider => SqliteStore.Open(provider.GetRequiredService<IOptions<StoreOptions>>().Value.DataPath));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupCheck, SqliteStoreCheck>());
        return services;
    }

    public static IServiceCollection AddSqliteGrainStorage(this IServiceCollection services, string name) =>
        services.AddGrainStorage(name, (provider, key) => new SqliteGrainStorage(
            key,
            provider.GetRequiredService<SqliteStore>(),
            provider.GetKeyedService<IGrainStorageSerializer>(key) ?? provider.GetRequiredService<IGrainStorageSerializer>(),
            provider.GetRequiredService<IActivatorProvider>()));

    public static IServiceCollection AddSqliteReminders(this IServiceCollection services) =>
        services.AddSingleton<IReminderTable, SqliteReminderTable>();
}
