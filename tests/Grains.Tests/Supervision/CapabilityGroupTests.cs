using CsCheck;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

public sealed class CapabilityGroupTests
{
    [Fact]
    public void The_least_loaded_is_chosen_and_equals_are_taken_in_turn()
    {
        Candidate[] group = [new("a", 0.5, default, default), new("b", 0, default, default), new("c", 0, default, default)];

        Assert.Equal(["b", "c", "b"], Enumerable.Range(0, 3).Select(turn => CapabilityGroup.Choose([.. group], [], (uint)turn, Start).Agent));
    }

    [Fact]
    public void Who_refused_the_step_comes_last()
    {
        Candidate[] group = [new("a", 0, default, default), new("b", 3, default, default)];

        Assert.Equal("b", CapabilityGroup.Choose([.. group], ["a"], 0, Start).Agent);
        Assert.Equal("a", CapabilityGroup.Choose([.. group], ["a", "b"], 0, Start).Agent);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(20, 10)]
    public void At_most_half_of_a_group_is_left_out_and_never_its_last(int members, int expected) => Assert.Equal(expected, CapabilityGroup.EjectedMax(members));

    [Fact]   // The model sorts by hand and looks at every candidate.
    public void Whoever_is_left_out_is_among_those_that_opened_first_and_the_choice_is_never_left_out() =>
        Gen.Select(Gen.Select(Gen.Int[0, 4], Gen.Int[0, 20], Gen.Bool).Array[1, 20], Gen.UInt, Gen.Int[0, 20]).Sample((members, spread, avoided) =>
        {
            var group = members.Select((member, i) => new Candidate($"a{i:00}", member.Item1, At(member.Item2), member.Item3 ? At(60) : default)).ToArray();
            var avoid = group.Take(avoided).Select(one => one.Agent).ToHashSet();
            var open = group.Where(one => one.EjectedUntil > At(30)).OrderBy(one => (one.EjectedAt, one.Agent)).ToList();
            var leftOut = open.Take(Math.Min(group.Length / 2, group.Length - 1)).Select(one => one.Agent).ToList();

            var (agent, isLastResort) = CapabilityGroup.Choose([.. group], [.. avoid], spread, At(30));

            Assert.DoesNotContain(agent, leftOut);
            Assert.Equal(open.Any(one => one.Agent == agent), isLastResort);
            var others = group.Where(one => !leftOut.Contains(one.Agent)).ToList();
            if (others.Exists(one => !avoid.Contains(one.Agent))) others.RemoveAll(one => avoid.Contains(one.Agent));
            double Cost(Candidate one) => one.Load + (one.EjectedUntil > At(30) ? 1 : 0);
            Assert.Equal(others.Min(Cost), Cost(group.Single(one => one.Agent == agent)));
        }, iter: 2_000);
}
