using System.Collections.Immutable;
using Rosud.W3;
using Rosud.W5;
using Rosud.W6;

namespace Rosud.Workloads;

/// <summary>The workloads there are, by their names on the command line.</summary>
internal static class Catalogue
{
    public const string All = "all";

    private static readonly ImmutableArray<Workload> Workloads = [new StaleWorkload(), new OverheadWorkload(), new ContextWorkload()];

    public static IEnumerable<string> Names => Workloads.Select(workload => workload.Name).Append(All);

    /// <summary>The workloads that a name stands for; none when it is unknown.</summary>
    public static ImmutableArray<Workload> Find(string name) =>
        name == All ? Workloads : [.. Workloads.Where(workload => workload.Name == name)];
}
