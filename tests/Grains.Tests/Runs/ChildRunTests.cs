using Rosud.Channels;
using Rosud.Tenants;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>What bounds runs that steps of other runs start.</summary>
public sealed class ChildRunTests
{
    private static readonly ParentStanding Parent = new(Run("root"), 0, 10, TimeSpan.FromSeconds(20), new(100, 1m, 5));

    [Fact]
    public void A_child_is_no_longer_and_no_dearer_than_its_parent_and_every_breach_is_located()
    {
        var request = Request(Step("a", [], ["k"]));
        request = request with { Parent = "c.root", Timeout = TimeSpan.FromSeconds(21), Task = request.Task with { Budget = new(101, 2m, 6) } };
        Assert.Equal(
            ["above_parent /timeout_ms", "above_parent /task/budget/tokens", "above_parent /task/budget/cost_usd", "above_parent /task/budget/calls"], Breaches(Check(request, Parent)));
        Assert.Empty(Breaches(Check(request with { FitsParent = true, Task = request.Task with { Budget = new(100, 1m, 5) } }, Parent)));
    }

    [Fact]
    public void A_tree_has_ten_levels_and_a_thousand_steps()
    {
        var request = Request(Step("a", [], ["k"]), Step("b", [], ["m"])) with { Parent = "c.root", Timeout = TimeSpan.FromSeconds(1) };
        Assert.Equal(["too_deep /parent"], Breaches(Check(request, Parent with { Depth = 9 })));
        Assert.Empty(Breaches(Check(request, Parent with { Depth = 8 })));
        Assert.Equal(["too_many_steps /task/steps"], Breaches(Check(request, Parent with { TreeSteps = 999 })));
        Assert.Empty(Breaches(Check(request, Parent with { TreeSteps = 998 })));
    }

    [Fact]
    public void A_child_without_a_budget_has_what_its_parent_has_left_and_ends_when_that_does()
    {
        var request = Request(Step("a", [], ["k"])) with { Parent = "c.root", FitsParent = true, Timeout = TimeSpan.FromMinutes(1) };
        var child = Accept(request).Under(request, Parent);
        Assert.Equal((Start.AddSeconds(20), 1, Run("root")), (child.Deadline, child.Depth, child.Root!.Value));
        Assert.Equal(Parent.Left, child.Limit);
    }

    [Fact]
    public void What_children_use_is_their_parents_and_what_is_promised_to_one_is_not_left_for_another()
    {
        var budget = new RunBudget(new(Tokens: 100, Calls: 10), [], TenantId.Default, new());
        Assert.True(budget.TryPromise("one", new(Tokens: 60, Calls: 2)));
        Assert.False(budget.TryPromise("two", new(Tokens: 50)));
        Assert.True(budget.TryPromise("two", null));
        Assert.Equal(0, budget.Left!.Tokens);
        Assert.False(budget.TryReserve("a", "s", 1));
        budget.TakeBack("two");
        budget.Settle("one", new(10, 0.5m, 3));
        Assert.Equal((90L, 7, 10L, 0.5m, 3), (budget.Left.Tokens!.Value, budget.Left.Calls!.Value, budget.Tokens, budget.CostUsd, budget.AllCalls));
        Assert.True(budget.TryReserve("a", "s", 1));
    }

    [Fact]
    public void The_log_keeps_each_child_once_refuses_them_after_the_end_and_recovers_them()
    {
        var sync = new ContextSync();
        var world = new ChannelWorld(sync) { Now = Start };
        var request = Request(Step("a", [], ["k"])) with { Timeout = TimeSpan.FromMinutes(1) };
        var run = RunId.Make(world.Id, "r1");
        world.Do(draft => RunRules.Accept(draft, Plan(request).Accept(run, request, new() { Sync = sync }, new(), default, world.Now)));
        Assert.IsType<StepAnswer.Done>(world.Do(draft => ChildRules.Put(draft, run, new(Run("one"), "c/t", 5, true))));
        var again = Assert.IsType<StepAnswer.Done>(world.Do(draft => ChildRules.Put(draft, run, new(Run("two"), "c/t", 5, true))));   // The same task, asked for again.
        Assert.Equal("c.one", again.Child!.Run.Name);
        Assert.Equal(["c.one"], world.State.Runs.Live[run.Name].Children.Keys);
        Assert.IsType<StepAnswer.Refused>(world.Do(draft => ChildRules.Put(draft, run, new(Run("big"), "c/u", 995, true))));
        world.AssertEncoded();

        world.Do(draft => RunRules.End(draft, new(run, 0, RunStatus.Canceled, null, [])));
        Assert.IsType<StepAnswer.Ended>(world.Do(draft => ChildRules.Put(draft, run, new(Run("three"), "c/v", 1, true))));
        Assert.IsType<StepAnswer.Done>(world.Do(draft => ChildRules.Put(draft, run, new(Run("one"), "c/t", 5, true) { Used = new(1, 1, 1) })));
        world.AssertEncoded();
    }

    [Fact]
    public void A_recovered_driver_knows_its_children_and_what_they_used()
    {
        var accepted = Accept(Request(Step("a", [], ["k"])));
        var record = new RunRecord(accepted, 2, System.Collections.Immutable.ImmutableSortedDictionary<string, StepRecord>.Empty)
        {
            Children = RunRecord.NoChildren.Add("c.one", new(Run("one"), "c/t", 5, true) { Used = new(7, 0.1m, 2) }).Add("c.two", new(Run("two"), "c/u", 5, true)),
        };
        var drive = RunDrive.TakeOver(record, new(default, []), TimeSpan.FromSeconds(20), new(new Dictionary<Agents.AgentId, long>(), (_, _) => null), Start);
        Assert.Equal((7L, 11, 2), (drive.Budget.Tokens, drive.Standing(Start)!.TreeSteps, drive.Children.Count()));
        drive.ChildEnded("c.two", new(3, 0, 1), Start);
        drive.ChildEnded("c.two", new(3, 0, 1), Start);
        Assert.Equal(10, drive.Budget.Tokens);
    }

    private static RunId Run(string name) => RunId.Make(new(TenantId.Default, "c"), name);

    private static ContractOutcome Check(CoordinateRequest request, ParentStanding parent) =>
        TaskContract.Check(request, new() { Agents = ["a", "b"] }, Registered("a", "b"), _ => false, new(), parent);
}
