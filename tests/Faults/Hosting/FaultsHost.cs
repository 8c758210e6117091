using Rosud.Mutants;

namespace Rosud.Hosting;

/// <summary>The host with one thing broken on purpose, composed here from the outside: the product has no setting for it.</summary>
internal static class FaultsHost
{
    public const string Verb = "host";

    /// <param name="args">A name of <see cref="Mutant.All"/>, then the host's own settings.</param>
    public static async Task<int> Run(string[] args)
    {
        await using var app = RosudHost.Build(args[1..], builder => MutantServices.Add(builder.Services, args[0]));
        await app.StartAsync();
        await Console.Out.WriteLineAsync("Rosud is ready.");
        await app.WaitForShutdownAsync();
        return 0;
    }
}
