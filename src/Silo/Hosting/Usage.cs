using Rosud.Demo;

namespace Rosud.Hosting;

/// <summary>What the program can be asked for, and whether it was asked for something it does not know.</summary>
internal static class Usage
{
    private static readonly string[] Questions = ["--help", "-h", "-?", "help"];

    public static bool IsWanted(string[] args) => args is [var first, ..] && Questions.Contains(first, StringComparer.Ordinal);

    /// <summary>A word that is no setting and no verb: a typing error that must not start a host.</summary>
    public static string? Unknown(string[] args) =>
        args is [var first, ..] && first is not (VerifyCommand.Name or DemoOptions.Verb) && !first.StartsWith('-') && !first.Contains('=', StringComparison.Ordinal) ? first : null;

    public static string Text { get; } = """
        Rosud hosts agents, channels and supervisors, and serves them over HTTP.

          (nothing)                      hosts everything on 127.0.0.1:5080 with a durable store in ./data
          demo [--question Q] [--folder F] [--pace MS] [--once]
                                         hosts, and has a team of agents answer a question from a folder's texts
          verify FILE [--key PEM]        checks an export of an audit chain; starts no host

        Settings follow as --Name=value, or stand in appsettings.json or the environment:
          --urls=http://127.0.0.1:5090              where HTTP listens
          --Rosud:DataPath=/srv/rosud               where the embedded store lies
          --Orleans:Endpoints:SiloPort=11112        the silo's port (GatewayPort beside it)
          --environment=Redis | Postgres | Azure    another store and membership, see docs/operating.md
        """;
}
