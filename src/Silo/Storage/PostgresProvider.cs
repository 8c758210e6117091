using System.Data.Common;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using Rosud.Hosting;
using Rosud.Storage;

[assembly: RegisterProvider("Postgres", "GrainStorage", "Silo", typeof(PostgresGrainStorageProvider))]

namespace Rosud.Storage;

/// <summary>What <c>Orleans:GrainStorage:&lt;name&gt;:ProviderType=Postgres</c> means; <c>ConnectionName</c> or <c>ConnectionString</c> says which database.</summary>
internal sealed class PostgresGrainStorageProvider : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
    {
        builder.Services.AddPostgresGrainStorage(name!, services => configurationSection["ConnectionString"] is { Length: > 0 } own
            ? own
            : services.GetRequiredService<IConfiguration>().GetConnectionString(configurationSection["ConnectionName"] ?? "postgres")!);
        builder.Services.AddSingleton<IStartupCheck>(services => new PostgresCheck(services.GetRequiredKeyedService<NpgsqlDataSource>(PostgresProvider.Database(name!))));
    }
}

/// <summary>A database that is not there, or has no tables, is one clear line before the silo starts.</summary>
internal sealed class PostgresCheck(NpgsqlDataSource database) : IStartupCheck
{
    public void Run()
    {
        try
        {
            using var look = database.CreateCommand("SELECT FROM rosud_records, rosud_silos, rosud_reminders, OrleansQuery LIMIT 0");
            look.ExecuteNonQuery();
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new StartupRefusedException("The database of ConnectionStrings:postgres has not all of Rosud's tables: run postgres.sql, which lies beside the program, in it.", missing);
        }
        catch (NpgsqlException failure)
        {
            throw new StartupRefusedException($"The database of ConnectionStrings:postgres cannot be used: {failure.Message}", failure);
        }
    }
}

/// <summary>Puts grain storage on PostgreSQL into a silo.</summary>
internal static class PostgresProvider
{
    private const int ConnectionsMax = 32;
    private const int CommandSeconds = 10;

    /// <summary>The key of the database that a store's records are in.</summary>
    public static string Database(string store) => $"{store}.database";

    // Unless the connection string says otherwise: two stores and what Orleans needs fit into the 100 connections that a PostgreSQL has, and who asks hears of a stall before his call is given up.
    private static string Bounded(string connection)
    {
        var said = new DbConnectionStringBuilder { ConnectionString = connection };
        var bounded = new NpgsqlConnectionStringBuilder(connection);
        if (!said.ContainsKey("Maximum Pool Size") && !said.ContainsKey("MaxPoolSize")) bounded.MaxPoolSize = ConnectionsMax;
        if (!said.ContainsKey("Command Timeout") && !said.ContainsKey("CommandTimeout")) bounded.CommandTimeout = CommandSeconds;
        return bounded.ConnectionString;
    }

    public static IServiceCollection AddPostgresGrainStorage(this IServiceCollection services, string name, Func<IServiceProvider, string> connection) => services
        .AddKeyedSingleton(Database(name), (provider, _) => NpgsqlDataSource.Create(Bounded(connection(provider))))
        .AddGrainStorage(name, (provider, key) => new PostgresGrainStorage(
            key,
            provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId,
            provider.GetRequiredKeyedService<NpgsqlDataSource>(Database(key)),
            provider.GetKeyedService<IGrainStorageSerializer>(key) ?? provider.GetRequiredService<IGrainStorageSerializer>(),
            provider.GetRequiredService<IActivatorProvider>()));
}
