namespace Rosud.Hosting;

/// <summary>The settings without which the silo would fail later with an error that names none of them.</summary>
internal static class RequiredSettings
{
    private const string Records = "Orleans:GrainStorage:rosud:ProviderType";

    private static readonly (string Key, string Hint)[] Required =
    [
        ("Orleans:ClusterId", "any name; silos with the same one join each other"),
        ("Orleans:ServiceId", "any name; it must never change, stored state is found by it"),
        ("Orleans:Clustering:ProviderType", "Development for one host, Redis or AdoNet for several"),
        (Records, "Sqlite for one host, Redis or Postgres for several"),
        ("Orleans:GrainStorage:PubSubStore:ProviderType", "the same as Orleans:GrainStorage:rosud"),
        ("Orleans:Reminders:ProviderType", "Sqlite for one host, Redis or AdoNet for several"),
        ("Orleans:Streaming:rosud:ProviderType", "Rosud"),
    ];

    /// <exception cref="StartupRefusedException">A setting is missing; the message names it.</exception>
    public static void Check(IConfiguration configuration)
    {
        foreach (var (key, hint) in Required)
        {
            if (string.IsNullOrWhiteSpace(configuration[key])) throw new StartupRefusedException($"{key} is missing ({hint}).");
        }

        // Its records have the key of an actor and not its kind: an agent and its supervisor would overwrite each other.
        if (string.Equals(configuration[Records], "AdoNet", StringComparison.OrdinalIgnoreCase)) throw new StartupRefusedException($"{Records} cannot be AdoNet: use Postgres, which keeps each actor's records apart.");
        foreach (var (key, connection) in NamedConnections(configuration.GetSection("Orleans")))
        {
            if (string.IsNullOrWhiteSpace(configuration.GetConnectionString(connection)))
            {
                throw new StartupRefusedException($"ConnectionStrings:{connection} is missing ({key} names it).");
            }
        }
    }

    private static IEnumerable<(string Key, string Connection)> NamedConnections(IConfigurationSection section) =>
        section.AsEnumerable()
            .Where(setting => setting.Key.EndsWith(":ConnectionName", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrWhiteSpace(setting.Value))
            .Select(setting => (setting.Key, setting.Value!));
}
