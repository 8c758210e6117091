using System.Collections;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>Which steps wait for which: the steps named by <c>after</c>, the producers of what a step reads, and the producers of its guard's key. SEMANTICS R1, R2, R6.</summary>
internal sealed class StepGraph
{
    private readonly int[][] _after;
    private readonly int[][][] _producers;
    private readonly int[][] _guard;
    private readonly int[][] _needs;
    private readonly int[][] _dependents;
    private BitArray[]? _ancestors;

    private StepGraph(IReadOnlyList<PlannedStep> steps)
    {
        _after = AfterOf(steps);
        var before = Array.Exists(_after, after => after.Length > 0) ? Closure(_after, Sort(_after)) : null;
        var writers = new WriterIndex(steps);
        int[] ProducersOf(KeyPattern key, int reader)
        {
            var producers = writers.Of(key);
            producers.RemoveAll(writer => writer == reader || before?[writer][reader] == true);
            return [.. producers];
        }

        _producers = new int[steps.Count][][];
        _guard = new int[steps.Count][];
        _needs = new int[steps.Count][];
        for (var i = 0; i < steps.Count; i++)
        {
            var (step, reader) = (steps[i], i);
            _producers[i] = step.Reads.IsEmpty ? [] : [.. step.Reads.Select(read => ProducersOf(read.Key, reader))];
            _guard[i] = step.When is { } when ? ProducersOf(new(when.Key.Value), i) : [];
            _needs[i] = Union(_after[i], _guard[i], _producers[i]);
        }

        _dependents = Reverse(_needs);
        Order = ImmutableCollectionsMarshal.AsImmutableArray(Sort(_needs));
        Edges = _needs.Sum(needs => needs.Length);
    }

    public int Count => _needs.Length;

    /// <summary>How many pairs of steps wait directly.</summary>
    public int Edges { get; }

    /// <summary>The steps so that each comes after all that it waits for, else in their own order. Steps on or behind a cycle are left out.</summary>
    public ImmutableArray<int> Order { get; }

    public bool HasCycle => Order.Length < Count;

    public static StepGraph Of(IReadOnlyList<PlannedStep> steps) => new(steps);

    public ReadOnlySpan<int> After(int step) => _after[step];

    /// <summary>Who writes what a step's read number <paramref name="read"/> names; never a step that comes after it.</summary>
    public ReadOnlySpan<int> Producers(int step, int read) => _producers[step][read];

    public ReadOnlySpan<int> GuardProducers(int step) => _guard[step];

    /// <summary>Everything a step waits for directly.</summary>
    public ReadOnlySpan<int> Needs(int step) => _needs[step];

    /// <summary>Everything that waits for a step directly.</summary>
    public ReadOnlySpan<int> Dependents(int step) => _dependents[step];

    /// <summary>Whether <paramref name="step"/> waits for <paramref name="other"/>, directly or not. Meaningless on a cycle.</summary>
    public bool IsAfter(int step, int other) => (_ancestors ??= Closure(_needs, Sort(_needs)))[step][other];

    /// <summary>The steps that wait for any of <paramref name="roots"/>, directly or not, without the roots that do not.</summary>
    public HashSet<int> Descendants(IEnumerable<int> roots)
    {
        var found = new HashSet<int>();
        var open = new Stack<int>(roots);
        while (open.TryPop(out var step))
        {
            foreach (var dependent in _dependents[step])
            {
                if (found.Add(dependent)) open.Push(dependent);
            }
        }

        return found;
    }

    /// <summary>The steps that <paramref name="wanted"/> needs, with them.</summary>
    public HashSet<int> Slice(IEnumerable<int> wanted)
    {
        var found = new HashSet<int>(wanted);
        var open = new Stack<int>(found);
        while (open.TryPop(out var step))
        {
            foreach (var need in _needs[step])
            {
                if (found.Add(need)) open.Push(need);
            }
        }

        return found;
    }

    /// <summary>For each step the longest way to it from a step that waits for nothing.</summary>
    public int[] Levels()
    {
        var levels = new int[Count];
        foreach (var step in Order)
        {
            foreach (var need in _needs[step]) levels[step] = Math.Max(levels[step], levels[need] + 1);
        }

        return levels;
    }

    private static int[][] AfterOf(IReadOnlyList<PlannedStep> steps)
    {
        var after = new int[steps.Count][];
        Array.Fill(after, []);
        if (steps.All(step => step.After.IsEmpty)) return after;
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < steps.Count; i++) places.TryAdd(steps[i].Id, i);
        for (var i = 0; i < steps.Count; i++)
        {
            var own = i;
            after[i] = [.. steps[i].After.Where(places.ContainsKey).Select(id => places[id]).Where(j => j != own).Distinct()];
        }

        return after;
    }

    // Each once, in order.
    private static int[] Union(int[] after, int[] guard, int[][] producers)
    {
        if (after.Length + guard.Length == 0 && producers.Length <= 1) return producers.Length == 0 ? [] : producers[0];
        var needs = new SortedSet<int>(after);
        needs.UnionWith(guard);
        foreach (var some in producers) needs.UnionWith(some);
        return [.. needs];
    }

    private static int[] Sort(int[][] needs)
    {
        var open = Array.ConvertAll(needs, n => n.Length);
        var dependents = Reverse(needs);
        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < needs.Length; i++)
        {
            if (open[i] == 0) ready.Enqueue(i, i);
        }

        var (order, count) = (new int[needs.Length], 0);
        while (ready.TryDequeue(out var step, out _))
        {
            order[count++] = step;
            foreach (var dependent in dependents[step])
            {
                if (--open[dependent] == 0) ready.Enqueue(dependent, dependent);
            }
        }

        return count == order.Length ? order : order[..count];
    }

    private static BitArray[] Closure(int[][] needs, int[] order)
    {
        var ancestors = needs.Select(_ => new BitArray(needs.Length)).ToArray();
        foreach (var step in order)
        {
            foreach (var need in needs[step])
            {
                ancestors[step].Or(ancestors[need]);
                ancestors[step][need] = true;
            }
        }

        return ancestors;
    }

    private static int[][] Reverse(int[][] needs)
    {
        var counts = new int[needs.Length];
        foreach (var need in needs.SelectMany(own => own)) counts[need]++;
        var dependents = Array.ConvertAll(counts, count => count == 0 ? [] : new int[count]);
        for (var i = needs.Length - 1; i >= 0; i--)
        {
            foreach (var need in needs[i]) dependents[need][--counts[need]] = i;
        }

        return dependents;
    }
}
