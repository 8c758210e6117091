using CsCheck;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

public sealed class TaskContractTests
{
    [Fact]
    public void A_good_task_is_planned_in_the_order_of_its_dependencies()
    {
        var plan = Plan(Request(Step("report", ["facts"], ["report"]), Step("facts", ["plan"], ["facts"]), Step("plan", [], ["plan"])));
        Assert.Equal(["plan", "facts", "report"], plan.Steps.Select(step => step.Id));
        Assert.Equal("report", Assert.Single(plan.Outputs).Value);
        Assert.Equal(3, plan.Agents);
    }

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        var request = Request(
            Step("a", ["nowhere"], ["k"], "a", "ghost"),
            Step("b", [], ["k"]) with { Agent = "stranger" },
            Step("b", [], ["other"]) with { When = new(new("k")) });
        var outcome = Check(request, spec: new() { Agents = ["a", "b"] }, agents: Registered("a", "b"));
        Assert.Equal(
            ["self_after /task/steps/0/after/0", "unknown_after /task/steps/0/after/1", "unknown_agent /task/steps/1/agent", "duplicate_step /task/steps/2/id",
                "bad_guard /task/steps/2/when", "two_owners /task/steps/1/writes/0", "missing_read /task/steps/0/reads/0"],
            Breaches(outcome));
    }

    [Fact]
    public void Every_key_is_too_much_to_write() => Assert.Equal(["star_write /task/steps/0/writes/0"], Breaches(Check(Request(Step("a", [], ["*"])))));

    [Fact]
    public void A_step_that_waits_for_itself_is_a_cycle() => Assert.Contains(
        "cycle /task/steps/0", Breaches(Check(Request(Step("a", ["y"], ["x"]), Step("b", ["x"], ["y"]), Step("c", ["y"], ["z"])))));

    [Fact]
    public void Two_steps_may_write_one_key_when_one_comes_after_the_other_or_writes_are_folded()
    {
        Assert.Contains("two_owners /task/steps/1/writes/0", Breaches(Check(Request(Step("a", [], ["k"]), Step("b", [], ["k"])))));
        Assert.Empty(Breaches(Check(Request(Step("a", [], ["k"]), Step("b", [], ["k"], "a")))));
        Assert.Empty(Breaches(Check(Request(Step("a", [], ["k"]), Step("b", ["k"], ["k"])))));
        var folded = new ChannelSpec { Agents = ["a", "b"], Sync = new() { Keys = [new() { Pattern = new("k*"), ConflictResolution = ConflictResolution.Merge, Merge = MergeKind.Union }] } };
        Assert.Empty(Breaches(Check(Request(Step("a", [], ["k1"]), Step("b", [], ["k1"])), spec: folded)));
    }

    [Fact]
    public void A_write_outside_the_agents_registration_is_refused()
    {
        var agents = new Dictionary<string, AgentView> { ["a"] = Agent("a", "in.*", "out.*") };
        Assert.Equal(
            ["outside_contract /task/steps/0/reads/0", "outside_contract /task/steps/0/writes/1"],
            Breaches(Check(Request(Step("a", ["secret?", "in.x?"], ["out.x", "x"])), agents: agents)));
    }

    [Fact]
    public void An_exact_read_needs_a_producer_or_a_value_and_a_pattern_or_optional_read_does_not()
    {
        var request = Request(Step("a", ["here", "gone", "some.*", "maybe?"], ["k"]));
        Assert.Equal(["missing_read /task/steps/0/reads/1"], Breaches(Check(request, key => key.Value == "here")));
    }

    [Fact]
    public void Only_the_steps_that_the_outputs_need_are_planned()
    {
        var steps = new[] { Step("plan", [], ["plan"]), Step("facts", ["plan"], ["facts"]), Step("report", ["facts"], ["report"]), Step("poem", ["plan"], ["poem"]) };
        var request = Request(steps) with { Task = new() { Goal = "g", Steps = [.. steps], Outputs = [new("report")] } };
        Assert.Equal(["plan", "facts", "report"], Plan(request).Steps.Select(step => step.Id));
        Assert.Equal(4, Plan(request with { Execution = ExecutionKind.Parallel }).Steps.Length);
        Assert.Equal(["plan"], Plan(request with { Execution = ExecutionKind.Single }).Steps.Select(step => step.Id));
    }

    [Fact]
    public void Nothing_wanted_and_an_output_that_nobody_writes_are_problems()
    {
        var request = Request(Step("a", [], ["k"]));
        Assert.Equal(["nothing_wanted /task/outputs"], Breaches(Check(request with { Task = request.Task with { Outputs = [] } })));
        Assert.Equal(["no_producer /task/outputs/0"], Breaches(Check(request with { Task = request.Task with { Outputs = [new("other")] } })));
        Assert.Equal(["nothing_wanted /task/steps"], Breaches(Check(new() { Task = new() { Goal = "g", Steps = [] } })));
    }

    [Fact]
    public void Without_steps_each_agent_is_one_by_its_registration()
    {
        var agents = new Dictionary<string, AgentView> { ["planner"] = Agent("planner", "goal*", "plan"), ["writer"] = Agent("writer", "plan", "text") };
        var spec = new ChannelSpec { Agents = ["planner", "writer"] };
        var plan = ((ContractOutcome.Planned)Check(new() { Task = new() { Goal = "g" } }, spec: spec, agents: agents)).Plan;
        Assert.Equal(["planner", "writer"], plan.Steps.Select(step => step.Agent));
        Assert.True(plan.Steps[0].Reads[0].Optional);
        Assert.Equal("text", Assert.Single(plan.Outputs).Value);
        agents.Remove("writer");
        Assert.Contains("unknown_agent /task/steps", Breaches(Check(new() { Task = new() { Goal = "g" } }, spec: spec, agents: agents)));
    }

    [Fact]
    public void A_capability_picks_the_first_agent_of_the_channel_that_has_it()
    {
        var agents = new Dictionary<string, AgentView> { ["a"] = Agent("a"), ["b"] = Agent("b", capability: "search"), ["c"] = Agent("c", capability: "search") };
        var step = Step("s", [], ["k"]) with { Agent = null, Capability = "search" };
        var outcome = Check(Request(step), spec: new() { Agents = ["a", "b", "c"] }, agents: agents);
        Assert.Equal("b", ((ContractOutcome.Planned)outcome).Plan.Steps[0].Agent);
        Assert.Equal(["unknown_agent /task/steps/0/capability"], Breaches(Check(Request(step with { Capability = "dance" }), spec: new() { Agents = ["a"] }, agents: agents)));
    }

    [Fact]
    public void Fallbacks_and_defaults_must_be_able_to_stand_in()
    {
        var agents = new Dictionary<string, AgentView> { ["a"] = Agent("a"), ["b"] = Agent("b", "*", "other") };
        Assert.Equal(["bad_fallback /task/steps/0/on_failure/agent"], Breaches(With(new(OnFailureKind.Fallback, Agent: "b"))));
        Assert.Equal(["bad_fallback /task/steps/0/on_failure/agent"], Breaches(With(new(OnFailureKind.Fallback, Agent: "a"))));
        Assert.Equal(["bad_default /task/steps/0/on_failure/value"], Breaches(With(new(OnFailureKind.Default, []))));
        Assert.Equal(["bad_default /task/steps/0/on_failure/value"], Breaches(With(new(OnFailureKind.Default, [new(new("x"), JsonValue.Null)]))));
        Assert.Empty(Breaches(With(new(OnFailureKind.Default, [new(new("k"), JsonValue.Null)]))));

        ContractOutcome With(OnFailure failure) => Check(Request(Step("a", [], ["k"]) with { OnFailure = failure }), spec: new() { Agents = ["a", "b"] }, agents: agents);
    }

    [Theory]
    [InlineData("""{"type":"object"}""", null)]
    [InlineData("""{"$ref":"#/definitions/a","definitions":{"a":{}}}""", null)]
    [InlineData("""{"$ref":"#/definitions/a"}""", "/$ref")]
    [InlineData("""{"properties":{"a":{"$ref":"https://example.com/s.json"}}}""", "/properties/a/$ref")]
    [InlineData("""{"anyOf":[{"$ref":"file:///etc/passwd"}]}""", "/anyOf/0/$ref")]
    [InlineData("7", "")]
    public void A_schema_may_only_refer_to_parts_of_itself(string schema, string? fault)
    {
        var step = Step("a", [], ["k"]) with { Acceptance = [new() { Schema = JsonValue.Parse(schema) }] };
        Assert.Equal(fault is null ? [] : [$"bad_schema /task/steps/0/acceptance/0/schema{fault}"], Breaches(Check(Request(step))));
    }

    [Fact]   // The model walks from each output over everything that overlaps, again and again until nothing is added.
    public void The_plan_is_what_the_outputs_need_in_an_order_that_respects_it() =>
        Gen.Select(Gen.Int[0, 2].Array[0, 4], Gen.Int[0, 7]).Array[1, 8].Select(Gen.Int[0, 7]).Sample((shape, wanted) =>
        {
            var steps = shape.Select((s, i) => Step($"s{i}", [.. s.Item1.Select(back => i - 1 - back).Where(j => j >= 0).Distinct().Select(j => $"k{j}")], [$"k{i}"])).ToArray();
            var output = new KeyPattern($"k{wanted % steps.Length}");
            var plan = Plan(new() { Task = new() { Goal = "g", Steps = [.. steps.Reverse()], Outputs = [output] } });
            var needed = new HashSet<string> { output.Value };
            for (var before = -1; before != needed.Count;)
            {
                before = needed.Count;
                foreach (var step in steps.Where(step => needed.Contains(step.Writes[0].Value))) needed.UnionWith(step.Reads.Select(read => read.Key.Value));
            }

            Assert.Equal(needed.Order(), plan.Steps.Select(step => step.Writes[0].Value).Order());
            var there = new HashSet<string>();
            foreach (var step in plan.Steps)
            {
                Assert.All(step.Reads, read => Assert.Contains(read.Key.Value, there));
                there.Add(step.Writes[0].Value);
            }
        });

    [Fact]
    public void A_plan_becomes_a_run_with_the_policy_of_its_network()
    {
        var request = Request(Step("a", [], ["k"])) with { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Timeout = TimeSpan.FromSeconds(3) };
        var run = Plan(request).Accept(RunId.Make(new(new("t"), "c"), "r"), request, new() { Network = "n", Agents = ["a", "b"] }, new() { RetryBudget = 7 }, new(4), Start);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", run.TraceId);
        Assert.Equal(Start.AddSeconds(3), run.Deadline);
        Assert.Equal((7, 2, 4L), (run.RetryBudget, run.RegisteredAgents, run.VersionStart.Number));
        Assert.Equal(TimeSpan.FromMilliseconds(500), run.StalenessThreshold);
        Assert.Null(Plan(request).Accept(run.Run, request, new() { Sync = new() { NeverTold = true } }, new(), default, Start).StalenessThreshold);
    }
}
