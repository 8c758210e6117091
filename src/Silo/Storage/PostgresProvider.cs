using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using Rosud.Storage;

[assembly: RegisterProvider("Postgres", "GrainStorage", "Silo", typeof(PostgresGrainStorageProvider))]

namespace Rosud.Storage;

/// <summary>What <c>Orleans:GrainStorage:&lt;name&gt;:ProviderType=Postgres</c> means; <c>ConnectionName</c> or <c>ConnectionString</c> says which database.</summary>
internal sealed class PostgresGrainStorageProvider : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.Services.AddPostgresGrainStorage(name!, services => configurationSection["ConnectionString"] is { Length: > 0 } own
            ? own
            : services.GetRequiredService<IConfiguration>().GetConnectionString(configurationSection["ConnectionName"] ?? "postgres")!);
}

/// <summary>Puts grain storage on PostgreSQL into a silo.</summary>
internal static class PostgresProvider
{
    public static IServiceCollection AddPostgresGrainStorage(this IServiceCollection services, string name, Func<IServiceProvider, string> connection) => services
        .AddKeyedSingleton($"{name}.database", (provider, _) => NpgsqlDataSource.Create(connection(provider)))
        .AddGrainStorage(name, (provider, key) => new PostgresGrainStorage(
            key,
            provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId,
            provider.GetRequiredKeyedService<NpgsqlDataSource>($"{key}.database"),
            provider.GetKeyedService<IGrainStorageSerializer>(key) ?? provider.GetRequiredService<IGrainStorageSerializer>(),
            provider.GetRequiredService<IActivatorProvider>()));
}
