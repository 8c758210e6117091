using Rosud.Measuring;
using Rosud.Workloads;

namespace Rosud.W3;

/// <summary>One part of W3: what it does, and the goals that it alone is held to. Correctness counts by the worst seed.</summary>
internal abstract class StalePart
{
    /// <summary>Its letter and what it does, for the one who waits.</summary>
    public abstract string Title { get; }

    /// <summary>Does it once, with all content decided by the seed.</summary>
    public abstract Task Measure(Bench bench, int seed);

    /// <summary>Its goals, also when it was not measured: then none of them is kept.</summary>
    public abstract IEnumerable<Check> Judge(Notebook notes);
}
