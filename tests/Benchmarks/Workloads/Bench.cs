using System.Diagnostics;
using System.Globalization;
using Rosud.Measuring;

namespace Rosud.Workloads;

/// <summary>What one run of the benchmarks was asked for, and where it writes.</summary>
internal sealed class Bench(bool quick, int seed, string folder, Action<string> progress, CancellationToken stopped)
{
    private int _depth;   // How many parts the one that is being measured is within.

    public bool Quick { get; } = quick;

    public int Seed { get; } = seed;

    /// <summary>Where stores of this run lie.</summary>
    public string Folder { get; } = folder;

    public Notebook Notes { get; } = new(Machine.Load1);

    /// <summary>By how much simulated work is faster than it would be, 1 to 4; times are reported at scale 1.</summary>
    public double Scale { get; init; } = quick ? 4 : 1;

    /// <summary>Only what has this in its title is measured, with all its parts; <c>A/B</c> is B among the parts of A. Null for all.</summary>
    public string? Only { get; init; }

    /// <summary>What Rosud did, in the workload's main figure.</summary>
    public ArmTally Rosud => Arm("rosud");

    /// <summary>Every way of doing the work, by its name.</summary>
    public Dictionary<string, ArmTally> Arms { get; } = new(StringComparer.Ordinal) { ["rosud"] = new() };

    /// <summary>One way of doing the work.</summary>
    public ArmTally Arm(string name) => Arms.TryGetValue(name, out var arm) ? arm : Arms[name] = new();

    /// <summary>What bare Orleans did for the same.</summary>
    public ArmTally Bare { get; } = new();

    public CancellationToken Stopped { get; } = stopped;

    public int Repetitions => Choose(3, 1);

    public T Choose<T>(T full, T quick) => Quick ? quick : full;

    public TimeSpan Seconds(double full, double quick) => TimeSpan.FromSeconds(Choose(full, quick));

    /// <summary>A folder for one store.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    /// <summary>Tells whoever watches something that is in no figure.</summary>
    public void Say(string line) => progress(line);

    /// <summary>Measures one thing. When it fails, its own figures are missing and the report says why; the others go on.</summary>
    public async Task Attempt(string title, Func<Task> measure)
    {
        if (Only?.Split('/') is { } parts && _depth < parts.Length && !title.Contains(parts[_depth].Trim(), StringComparison.OrdinalIgnoreCase)) return;
        progress(title);
        var began = Stopwatch.GetTimestamp();
        _depth++;
        try
        {
            await measure();
            progress(string.Create(CultureInfo.InvariantCulture, $"{title}: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException && !Stopped.IsCancellationRequested)
        {
            Notes.Remark($"{title}: not measured to its end. {failure.GetType().Name}: {failure.Message.Split('\n')[0]}");
        }
        finally
        {
            _depth--;
        }
    }

    public Task Wait(TimeSpan span) => Task.Delay(span, TimeProvider.System, Stopped);

    /// <summary>Does something once for each repetition.</summary>
    public async Task Repeat(Func<int, Task> repetition)
    {
        for (var i = 0; i < Repetitions; i++) await repetition(i);
    }
}
