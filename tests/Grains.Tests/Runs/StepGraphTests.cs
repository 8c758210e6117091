using CsCheck;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>R1, R2, R6: who waits for whom, against a model that looks at every pair of steps.</summary>
public sealed class StepGraphTests
{
    private static readonly string[] Keys = ["a", "b", "p.x", "p.y", "p.y.z", "q"];
    private static readonly string[] Patterns = [.. Keys, "p.*", "p.y.*", "*"];

    private static readonly Gen<PlannedStep[]> AnySteps = Gen.Select(
        Gen.Int[0, 8].Select(i => Patterns[i]).Array[0, 3], Gen.Int[0, 8].Select(i => Patterns[i]).Array[0, 3], Gen.Int[0, 5].Array[0, 2], Gen.Int[0, 11].Select(i => i < 6 ? Keys[i] : null))
        .Array[0, 7].Select(shapes => shapes.Select((shape, i) => new PlannedStep
        {
            Id = $"s{i}",
            Agent = "a",
            Goal = "g",
            Reads = [.. shape.Item1.Select(key => new StepRead(new(key)))],
            Writes = [.. shape.Item2.Select(key => new KeyPattern(key))],
            After = [.. shape.Item3.Select(back => back == 5 ? "nobody" : $"s{i - back}").Where(id => !id.Contains('-', StringComparison.Ordinal))],   // Also itself.
            When = shape.Item4 is { } guard ? new(new(guard)) : null,
            Timeout = TimeSpan.FromSeconds(1),
            AgentRevision = 1,
        }).ToArray());

    [Fact]
    public void It_has_the_edges_and_the_order_of_the_model() => AnySteps.Sample(steps =>
    {
        var graph = StepGraph.Of(steps);
        var needs = steps.Select((step, i) => After(steps, i)
            .Concat(step.When is { } when ? Producers(steps, new(when.Key.Value), i) : [])
            .Concat(step.Reads.SelectMany(read => Producers(steps, read.Key, i))).Distinct().Order().ToArray()).ToArray();
        for (var i = 0; i < steps.Length; i++)
        {
            Assert.Equal(After(steps, i), graph.After(i).ToArray());
            for (var read = 0; read < steps[i].Reads.Length; read++) Assert.Equal(Producers(steps, steps[i].Reads[read].Key, i), graph.Producers(i, read).ToArray());
            Assert.Equal(steps[i].When is { } when ? Producers(steps, new(when.Key.Value), i) : [], graph.GuardProducers(i).ToArray());
            Assert.Equal(needs[i], graph.Needs(i).ToArray());
            Assert.Equal(Enumerable.Range(0, steps.Length).Where(other => needs[other].Contains(i)), graph.Dependents(i).ToArray());
        }

        Assert.Equal(OrderOf(needs), graph.Order);
        Assert.Equal(needs.Sum(own => own.Length), graph.Edges);
        Assert.Equal(OrderOf(needs).Count < steps.Length, graph.HasCycle);
    }, iter: Cases.Of(20_000));

    private static int[] After(PlannedStep[] steps, int step) =>
        [.. steps[step].After.Select(id => Array.FindIndex(steps, other => other.Id == id)).Where(other => other >= 0 && other != step).Distinct()];

    // Whoever writes it, but for the reader, and for those that are to come after it.
    private static int[] Producers(PlannedStep[] steps, KeyPattern key, int reader) =>
        [.. Enumerable.Range(0, steps.Length).Where(other => other != reader && steps[other].Writes.Any(write => write.Overlaps(key)) && !ComesAfter(steps, other, reader))];

    private static bool ComesAfter(PlannedStep[] steps, int step, int other) => After(steps, step).Any(before => before == other || ComesAfter(steps, before, other));

    private static List<int> OrderOf(int[][] needs)
    {
        var order = new List<int>();
        while (Enumerable.Range(0, needs.Length).Where(step => !order.Contains(step) && needs[step].All(order.Contains)).Cast<int?>().FirstOrDefault() is { } next) order.Add(next);
        return order;
    }
}
