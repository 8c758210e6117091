using System.Collections.Immutable;
using CsCheck;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS R7, and equal work inside one run.</summary>
public sealed class MemoRuleTests
{
    private static readonly CoordinateRequest Chain = Request(Step("a", ["x"], ["k"]), Step("b", ["k"], ["out"]));

    private readonly Dictionary<ContentHash, ImmutableArray<ContextWrite>> _memos = [];

    [Fact]
    public void R7_An_unchanged_rerun_fires_nobody_and_all_are_needed()
    {
        Rerun(Chain, ("x", "1"));
        var again = Play(Chain, ("x", "1"), ("k", "\"k of 1\""), ("out", "\"old\""));
        Assert.Empty(again.Fired);
        var result = again.Result;
        Assert.Equal((RunStatus.Completed, 2, new RunAgents(2, 2, 0, 2)), (result.Status, result.MemoHits, result.Agents with { Registered = 2 }));
        Assert.Equal("\"done\"", again.Outputs["out"]);
        Assert.Equal(2, result.Timeline.Count(happened => happened.Kind == "memo"));
        Assert.All(result.Attempts, attempt => Assert.Null(attempt.StartedAt));
    }

    [Fact]
    public void R7_A_hit_makes_no_version_of_a_key_that_is_equal_already_and_returns_it_all_the_same()
    {
        var wanted = Chain with { Task = Chain.Task with { Outputs = [new("k"), new("out")] } };
        Rerun(wanted, ("x", "1"));
        var again = Play(wanted, ("x", "1"), ("k", "\"k of 1\""), ("out", "\"old\""));
        Assert.Equal(["\"done\"", "\"k of 1\""], again.Outputs.Values.Order());
        Assert.Equal(2, again.Read("k").Entries[0].Version.Number);
        Assert.Equal(4, again.Read("out").Entries[0].Version.Number);
    }

    [Theory]
    [InlineData("nothing", 0)]
    [InlineData("value", 1)]
    [InlineData("absence", 1)]
    [InlineData("goal", 1)]
    [InlineData("input", 1)]
    [InlineData("revision", 1)]
    [InlineData("acceptance", 1)]
    [InlineData("opt-out", 1)]
    public void R7_What_makes_it_other_work_asks_the_agent(string what, int fired)
    {
        var request = Request(Step("a", ["x", "y?"], ["k"]));
        var first = Play(request, ("x", "1"));
        first.Complete("a", ("k", "1"));
        request = what switch
        {
            "goal" => request with { Task = request.Task with { Goal = "do it well" } },
            "input" => request with { Task = request.Task with { Input = JsonValue.Parse("7") } },
            "acceptance" => request with { Task = request.Task with { Steps = [request.Task.Steps!.Value[0] with { Acceptance = [new() { Schema = JsonValue.Parse("true") }] }] } },
            _ => request,
        };
        var accepted = Memoised(request);
        if (what == "revision") accepted = accepted with { Steps = [accepted.Steps[0] with { AgentRevision = 2 }] };
        if (what == "opt-out") accepted = accepted with { Steps = [accepted.Steps[0] with { Memo = false }] };
        (string, string)[] context = what switch { "value" => [("x", "2")], "absence" => [("x", "1"), ("y", "null")], _ => [("x", "1")] };
        Assert.Equal(fired, new DriveScript(accepted, _memos, context).Fired.Count);
    }

    [Fact]
    public void R7_Attempts_that_were_not_accepted_are_not_remembered()
    {
        var request = Request(Step("a", [], ["k"]) with { OnFailure = new(OnFailureKind.Default, [new(new("k"), JsonValue.Null)]) });
        var run = Play(request);
        run.Complete("a", ("other", "1"));
        run.Fail("a", retryable: false);
        Assert.Equal(RunStatus.Completed, run.Result.Status);
        Assert.Empty(_memos);
    }

    [Fact]
    public void R7_What_was_published_early_is_remembered_with_the_rest()
    {
        var request = Request(Step("a", [], ["k", "m"]));
        var run = Play(request);
        run.Publish("a", ("k", "1"));
        run.Complete("a", ("m", "2"));
        var again = Play(request);
        Assert.Empty(again.Fired);
        Assert.Equal(("1", "2"), (again.Outputs["k"], again.Outputs["m"]));
    }

    [Theory]   // What it was handed first is not what it was made of.
    [InlineData("1", 1)]
    [InlineData("2", 0)]
    public void R7_An_attempt_that_took_in_a_change_is_remembered_for_what_it_took_in(string later, int fired)
    {
        var request = Request(Step("a", ["x"], ["k"])) with { OnStaleContext = OnStaleContext.Rebase };
        var accepted = Memoised(request);
        accepted = accepted with { Steps = [accepted.Steps[0] with { Rebase = true }] };
        var run = new DriveScript(accepted, _memos, ("x", "1"));
        run.Write("x", "2");
        run.Complete("a", new Completion { Writes = [new(new("k"), JsonValue.Parse("\"of 2\""))], BasedOn = run.Rebased.Single().Context.Version });
        Assert.Equal(RunStatus.Completed, run.Result.Status);

        var again = new DriveScript(accepted, _memos, ("x", later));
        Assert.Equal(fired, again.Fired.Count);
    }

    [Fact]   // It says that it knows more than it was handed.
    public void R7_An_attempt_that_names_a_version_between_what_it_was_offered_is_not_remembered()
    {
        var request = Request(Step("a", ["x", "y"], ["k"])) with { OnStaleContext = OnStaleContext.Rebase };
        var accepted = Memoised(request);
        accepted = accepted with { Steps = [accepted.Steps[0] with { Rebase = true }] };
        var run = new DriveScript(accepted, _memos, ("x", "1"), ("y", "1"));
        run.Write("x", "2");
        run.Write("x", "1");
        run.Complete("a", new Completion { Writes = [new(new("k"), JsonValue.Null)], BasedOn = run.Rebased[0].Context.Version });
        Assert.NotEmpty(run.Rebased);
        Assert.Empty(_memos);
    }

    [Fact]
    public void R7_A_hit_may_release_a_reader_that_is_not_in_memory_of_anything()
    {
        Rerun(Request(Step("a", ["x"], ["k"])), ("x", "1"));
        var run = new DriveScript(Memoised(Chain) with { Steps = [.. Memoised(Chain).Steps.Select(step => step with { Memo = step.Id == "a" })] }, _memos, ("x", "1"));
        Assert.Equal(["b"], run.Steps);
        Assert.Equal("\"k of 1\"", run.Running("b").Context.Entries.Single().Value.ToString());
    }

    [Fact]
    public void Equal_work_of_two_steps_is_done_once_and_both_are_done()
    {
        var request = Request(Step("one", ["x"], ["k"]) with { Agent = "w" }, Step("two", ["x"], ["k"], "one") with { Agent = "w" });
        var run = DriveScript.Of(request, ("x", "1"));
        run.Complete("one", ("k", "5"));
        Assert.Single(run.Fired);
        Assert.Equal((RunStatus.Completed, 1), (run.Result.Status, run.Result.DuplicateWorkPrevented));
        Assert.Equal(["one", "two"], run.Result.Attempts.Select(attempt => attempt.Step));
        Assert.Contains(run.Result.Timeline, happened => happened is { Kind: "equal", Step: "two" });
    }

    [Fact]
    public void Equal_work_waits_for_the_one_that_is_at_it_and_is_done_when_that_one_fails()
    {
        var sync = new ContextSync { Keys = [new() { Pattern = new("k"), ConflictResolution = ConflictResolution.Merge, Merge = MergeKind.Union }] };
        var request = Request(Step("one", ["x"], ["k"]) with { Agent = "w", Optional = true }, Step("two", ["x"], ["k"]) with { Agent = "w" });
        var plan = ((ContractOutcome.Planned)Check(request, _ => true, new() { Agents = ["w"], Sync = sync })).Plan;
        var accepted = plan.Accept(RunId.Make(new(Tenants.TenantId.Default, "c"), "r1"), request, new() { Agents = ["w"], Sync = sync }, new(), default, Start);
        var run = new DriveScript(accepted, ("x", "1"));
        Assert.Equal(["one"], run.Steps);
        run.Fail("one", retryable: false);
        Assert.Equal(["one", "two"], run.Steps);
        run.Complete("two", ("k", "5"));
        Assert.Equal((RunStatus.Completed, 0), (run.Result.Status, run.Result.DuplicateWorkPrevented));
    }

    [Theory]
    [InlineData("goal")]
    [InlineData("agent")]
    [InlineData("view")]
    public void Work_that_differs_is_done_twice(string what)
    {
        var two = Step("two", what == "view" ? ["y"] : ["x"], ["k"], "one") with { Agent = what == "agent" ? "v" : "w", Goal = what == "goal" ? "another" : null };
        var run = DriveScript.Of(Request(Step("one", ["x"], ["k"]) with { Agent = "w" }, two), ("x", "1"), ("y", "1"));
        run.Complete("one", ("k", "5"));
        Assert.Equal(["one", "two"], run.Steps);
    }

    [Fact]
    public void Memos_are_bounded_in_number_and_bytes_and_the_oldest_leave_first() =>
        Gen.Select(Gen.Int[0, 30], Gen.Int[0, 5_000]).Array[0, 60].Sample(puts =>
        {
            var (table, model, at) = (MemoTable.Empty, new List<Memo>(), Start);
            foreach (var (work, size) in puts)
            {
                var memo = new Memo(ContentHash.Of([(byte)work]), [new(new("k"), JsonValue.From(new string('x', size)))], at = at.AddSeconds(1), "r", "s");
                table = table.With(memo);
                model.RemoveAll(other => other.Name == memo.Name);
                model.Add(memo);
                if (size % 7 == 0 && table.Oldest is { } oldest)
                {
                    Assert.Equal(model[0].Name, oldest.Name);
                    table = table.Without(oldest);
                    model.RemoveAt(0);
                }

                Assert.Equal((model.Count, model.Sum(known => (long)known.Bytes)), (table.Count, table.Bytes));
                Assert.All(model, known => Assert.Equal(known.At, table.Find(known.Name)!.At));
            }
        });

    private void Rerun(CoordinateRequest request, params (string, string)[] context)
    {
        var run = Play(request, context);
        run.Complete("a", ("k", "\"k of 1\""));
        if (run.Steps.Contains("b")) run.Complete("b", ("out", "\"done\""));
        Assert.Equal(RunStatus.Completed, run.Result.Status);
    }

    private DriveScript Play(CoordinateRequest request, params (string, string)[] context) => new(Memoised(request), _memos, context);

    private static AcceptedRun Memoised(CoordinateRequest request)
    {
        var accepted = Accept(request, _ => true);
        return accepted with { Steps = [.. accepted.Steps.Select(step => step with { Memo = true })] };
    }
}
