using Rosud.Supervision;
using Rosud.W2;
using Rosud.W4;
using Rosud.W5;

namespace Rosud.Hosting;

/// <summary>The host as a child of the benchmarks: the same as its own program, with the agents and bare grains that are measured.</summary>
internal static class BenchHost
{
    public const string Verb = "host";

    /// <summary>A setting that adds the handlers of W2 to the host.</summary>
    public const string Handlers = "--Bench:Handlers=true";

    /// <summary>A setting that makes it the host of the tenants' storm: on the store of memory, with its agent only.</summary>
    public const string Storm = "--Bench:Storm=true";

    public const string Ready = "The host is ready.";

    /// <summary>Serves until its parent lets go of its standard input, which it also does by dying.</summary>
    public static async Task<int> Run(string[] settings)
    {
        await using var host = settings.Contains(HarmedHost.Setting)
            ? await LocalHost.Start(settings, HarmedHost.Add, HarmedHost.Map)
            : await LocalHost.Start(settings, settings.Contains(Storm) ? TenantStorm.Add : settings.Contains(Handlers) ? Spine.Add : PipelineAgents.Add);
        Console.WriteLine(Ready);
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
