using System.Collections.Immutable;
using Rosud.Measuring;
using Rosud.Reports;

namespace Rosud.Workloads;

/// <summary>One workload of the command line: what it measures, and the goals that are held against it.</summary>
internal abstract class Workload
{
    /// <summary>Its name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it measures, in a sentence.</summary>
    public abstract string About { get; }

    /// <summary>Measures everything and judges what came of it.</summary>
    public async Task<Report> Run(Bench bench)
    {
        var machine = Machine.Here(bench.Folder);
        var loadAtStart = Machine.Load1();
        if (machine.Busy(loadAtStart) is { } busy) bench.Notes.Remark(busy);
        await Measure(bench);
        return new()
        {
            Workload = Name,
            About = About,
            Quick = bench.Quick,
            Seed = bench.Seed,
            Machine = machine,
            Load1 = loadAtStart,
            Load1AtEnd = Machine.Load1(),
            Repetitions = bench.Repetitions,
            Checks = Judge(bench.Notes),
            Rosud = bench.Rosud.ToArm(),
            OtherArms = bench.Arms.Where(arm => arm.Key != "rosud").ToImmutableSortedDictionary(arm => arm.Key, arm => arm.Value.ToArm(), StringComparer.Ordinal),
            Scale = bench.Scale,
            RawOrleans = bench.Bare.ToArm(),
            Figures = bench.Notes.Figures,
            Remarks = bench.Notes.Remarks,
        };
    }

    protected abstract Task Measure(Bench bench);

    protected abstract ImmutableArray<Check> Judge(Notebook notes);
}
