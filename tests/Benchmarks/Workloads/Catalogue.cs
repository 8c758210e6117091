using System.Collections.Immutable;
using Rosud.Listeners;
using Rosud.Supervision;
using Rosud.W1;
using Rosud.W2;
using Rosud.W3;
using Rosud.W4;
using Rosud.W5;
using Rosud.W6;
using Rosud.W7;

namespace Rosud.Workloads;

/// <summary>The workloads there are, by their names on the command line.</summary>
internal static class Catalogue
{
    public const string All = "all";

    private static readonly ImmutableArray<Workload> Workloads =
    [
        new PipelineWorkload(), new SpineWorkload(), new StaleWorkload(), new FaultWorkload(), new OverheadWorkload(), new ContextWorkload(), new VerdictWorkload(),
        new SupervisionWorkload(), new ListenersWorkload(),
    ];

    public static IEnumerable<string> Names => Workloads.Select(workload => workload.Name).Append(All);

    /// <summary>The workloads that a name stands for; none when it is unknown.</summary>
    public static ImmutableArray<Workload> Find(string name) =>
        name == All ? Workloads : [.. Workloads.Where(workload => workload.Name == name)];
}
