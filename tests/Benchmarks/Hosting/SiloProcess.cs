namespace Rosud.Hosting;

/// <summary>A host in a process of its own.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private readonly Child _child;

    private SiloProcess(Child child, HostSettings settings)
    {
        _child = child;
        Settings = settings;
    }

    public HostSettings Settings { get; }

    public TimeSpan Cpu => _child.Cpu;

    /// <summary>Starts the host's own program, nothing beside it.</summary>
    public static Task<SiloProcess> Start(HostSettings settings, IEnumerable<string> arguments, string folder) =>
        Start(settings, [Beside("Rosud.Silo.dll"), .. arguments], folder, "Rosud is ready.");

    /// <summary>Starts the host with the pipeline's agents and the bare grains.</summary>
    public static Task<SiloProcess> StartWithBare(HostSettings settings, IEnumerable<string> arguments, string folder) =>
        Start(settings, [Beside("Rosud.Benchmarks.dll"), BenchHost.Verb, .. arguments], folder, BenchHost.Ready);

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    private static async Task<SiloProcess> Start(HostSettings settings, string[] arguments, string folder, string ready) =>
        new(await Child.Start("dotnet", arguments, ready, folder), settings);

    public static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, file);
}
