using CsCheck;
using Rosud.Context;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS N3: the agents whose accepted commits were read, transitively, for what was accepted.</summary>
public sealed class N3_NeededAgentsTests
{
    [Fact]
    public void N3_Needed_are_those_whose_commits_were_read_for_what_was_accepted()
    {
        var steps = States(["a", "b", "c", "d"], Step("a", [], ["k"]), Step("b", ["k"], ["m"]), Step("c", ["k", "m"], ["n"]), Step("d", [], ["o"]));
        foreach (var step in steps) Accept(step);
        steps[2].Read = [new("m")];   // It said that it did not rely on k; b did.
        Assert.Equal(["a", "b", "c"], RunNumbers.NeededAgents(steps, [new("n")]));
        steps[1].Read = [];
        Assert.Equal(["b", "c"], RunNumbers.NeededAgents(steps, [new("n")]));
    }

    [Fact]   // The model marks what is needed and goes over all steps again until nothing new is marked.
    public void N3_Needed_agents_agree_with_following_every_read_by_hand() =>
        Gen.Select(Gen.Int[0, 3].Array[0, 3], Gen.Int[0, 3], Gen.Bool, Gen.Bool).Array[1, 9].Sample(shape =>
        {
            int[][] reads = [.. shape.Select((s, i) => s.Item1.Select(back => i - 1 - back).Where(j => j >= 0).Distinct().ToArray())];
            var steps = States([.. shape.Select(s => $"agent{s.Item2}")], [.. shape.Select((_, i) => Step($"s{i}", [.. reads[i].Select(j => $"k{j}")], [$"k{i}"]))]);
            foreach (var step in steps.Where(step => shape[step.Index].Item3)) Accept(step);
            KeyPattern[] outputs = [.. steps.Where(step => shape[step.Index].Item4).Select(step => new KeyPattern($"k{step.Index}"))];

            var needed = shape.Select(s => s.Item3 && s.Item4).ToArray();
            for (var round = 0; round < shape.Length; round++)
            {
                for (var i = 0; i < shape.Length; i++)
                {
                    foreach (var j in needed[i] ? reads[i] : []) needed[j] |= shape[j].Item3;
                }
            }

            Assert.Equal(shape.Where((_, i) => needed[i]).Select(s => $"agent{s.Item2}").Distinct().Order().ToArray(), RunNumbers.NeededAgents(steps, [.. outputs]).ToArray());
        });

    [Fact]
    public void N3_An_agent_that_was_called_for_nothing_is_not_needed()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("b", [], ["unread"]), Step("c", ["k"], ["out"])));
        run.Complete("a", ("k", "1"));
        run.Complete("b", ("unread", "1"));
        run.Complete("c", ("out", "1"));
        var all = run.Result.Agents;
        Assert.Equal((3, 3), (all.Fired, all.Needed));   // Without wanted outputs everything is wanted.

        var wanted = Request(Step("a", [], ["k"]), Step("b", [], ["unread"], after: []), Step("c", ["k"], ["out"]));
        var some = DriveScript.Of(wanted with { Task = wanted.Task with { Outputs = [new("out")] }, Execution = Networks.ExecutionKind.Parallel });
        some.Complete("a", ("k", "1"));
        some.Complete("b", ("unread", "1"));
        some.Complete("c", ("out", "1"));
        Assert.Equal((3, 2), (some.Result.Agents.Fired, some.Result.Agents.Needed));
    }

    private static StepState[] States(string[] agents, params TaskStep[] steps) => [.. steps.Select((step, i) => new StepState(
        new() { Id = step.Id, Agent = agents[i], Goal = "g", Reads = step.Reads, Writes = step.Writes, Timeout = TimeSpan.FromSeconds(1), AgentRevision = 1 }, i))];

    private static void Accept(StepState step)
    {
        step.Phase = StepPhase.Done;
        step.Attempt = 1;
        step.Done = new() { Step = step.Plan.Id, Agent = step.Agent, Attempt = 1, Outcome = AttemptOutcome.Accepted };
        step.Wrote = [.. step.Plan.Writes.Select(write => new ContextKey(write.Value))];
        step.Read = [.. step.Plan.Reads.Select(read => read.Key)];
    }
}
