using Rosud.Agents;
using Rosud.Context;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS R1, R2, R3 and R6: what a step waits for.</summary>
public sealed class ReadinessRuleTests
{
    [Fact]
    public void R1_A_reader_waits_for_the_planned_writer_also_when_the_key_has_a_value()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["k"]), Step("r", ["k"], ["out"])), ("k", "\"old\""));
        Assert.Equal(["w"], run.Steps);
        run.Complete("w", ("k", "\"new\""));
        Assert.Equal("\"new\"", Assert.Single(run.Running("r").Context.Entries).Value.ToString());
    }

    [Fact]
    public void R1_An_old_value_counts_when_the_writers_guard_was_false()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["k"]) with { When = new(new("mode")) { Equal = JsonValue.Parse("1") } }, Step("r", ["k"], ["out"])), ("k", "\"old\""), ("mode", "2"));
        Assert.Equal(["r"], run.Steps);
        Assert.Equal("\"old\"", Assert.Single(run.Running("r").Context.Entries).Value.ToString());
    }

    [Fact]
    public void R1_After_a_writer_that_was_skipped_for_its_failure_the_key_counts_as_missing()
    {
        var skipped = Step("w", [], ["k"]) with { OnFailure = new(OnFailureKind.Skip) };
        var run = DriveScript.Of(Request(skipped, Step("r", ["k"], ["out"]), Step("o", ["k?"], ["aside"])), ("k", "\"old\""));
        run.Fail("w", retryable: false);
        Assert.Equal(["w", "o"], run.Steps);
        Assert.Empty(run.Running("o").Context.Entries);
        run.Complete("o", ("aside", "1"));
        Assert.Equal(RunStatus.Partial, run.Result.Status);
    }

    [Fact]
    public void R1_An_optional_read_waits_for_its_writer_but_needs_neither_it_nor_a_value()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["k"]), Step("r", ["k?", "nothing?"], ["out"])));
        Assert.Equal(["w"], run.Steps);
        run.Complete("w");
        Assert.Equal(["w", "r"], run.Steps);
        Assert.Empty(run.Running("r").Context.Entries);
    }

    [Fact]
    public void R2_A_pattern_read_waits_until_every_overlapping_writer_ended()
    {
        var run = DriveScript.Of(Request(Step("a", [], ["f.a"]), Step("b", [], ["f.b.*"]), Step("c", [], ["g"]), Step("r", ["f.*"], ["out"])) with { Execution = null });
        run.Complete("a", ("f.a", "1"));
        Assert.DoesNotContain("r", run.Steps);
        run.Complete("b", ("f.b.x", "2"));
        Assert.Contains("r", run.Steps);
        Assert.Equal(["f.a", "f.b.x"], run.Running("r").Context.Entries.Select(entry => entry.Key.Value));
    }

    [Fact]
    public void R2_Early_publish_releases_exact_reads_only()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["f.a"]), Step("exact", ["f.a"], ["one"]), Step("pattern", ["f.*"], ["two"])));
        run.Publish("w", ("f.a", "1"));
        Assert.Equal(["w", "exact"], run.Steps);
        run.Complete("w", ("f.a", "1"));
        Assert.Equal(["w", "exact", "pattern"], run.Steps);
    }

    [Fact]
    public void R2_A_pattern_without_a_producer_may_match_nothing_and_an_exact_key_must_come_from_somewhere()
    {
        var run = DriveScript.Of(Request(Step("r", ["f.*"], ["out"])));
        Assert.Empty(run.Running("r").Context.Entries);
        Assert.Equal(["missing_read /task/steps/0/reads/0"], Breaches(Check(Request(Step("r", ["f"], ["out"])))));
    }

    [Fact]
    public void R3_An_early_key_is_handed_on_and_its_readers_commit_is_held_until_it_is_accepted()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["k"]), Step("r", ["k"], ["out"])));
        Assert.IsType<SettleOutcome.Published>(run.Publish("w", ("k", "1")));
        Assert.True(Assert.Single(run.Read("k").Entries).Provisional);
        Assert.Equal(SettleKind.Held, Assert.IsType<SettleOutcome.Settled>(run.Complete("r", ("out", "2"))).Kind);
        Assert.Empty(run.Read("out").Entries);
        run.Complete("w", ("k", "1"));
        Assert.Equal(RunStatus.Completed, run.Result.Status);
        Assert.Equal(2, run.Fired.Count);
    }

    [Fact]
    public void R3_A_retry_that_publishes_the_equal_value_leaves_its_readers_alone_and_another_value_makes_them_stale()
    {
        foreach (var (again, attempts) in new[] { ("1", 1), ("2", 2) })
        {
            var run = DriveScript.Of(Request(Step("w", [], ["k"]), Step("r", ["k"], ["out"])));
            run.Publish("w", ("k", "1"));
            run.Complete("r", ("out", "3"));
            run.Fail("w");
            run.Complete("w", ("k", again));
            if (attempts == 2) run.Complete("r", ("out", "4"));
            Assert.Equal(RunStatus.Completed, run.Result.Status);
            Assert.Equal(attempts, run.Steps.Count(step => step == "r"));
        }
    }

    [Fact]
    public void R3_When_the_step_ends_without_an_accepted_attempt_its_keys_are_as_before_and_what_was_held_is_dropped()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["k"]) with { OnFailure = new(OnFailureKind.Skip) }, Step("r", ["k"], ["out"])), ("k", "0"));
        run.Publish("w", ("k", "1"));
        run.Complete("r", ("out", "3"));
        run.Fail("w", retryable: false);
        Assert.Equal("0", Assert.Single(run.Read("k").Entries).Value.ToString());
        Assert.Empty(run.Read("out").Entries);
        Assert.Equal(RunStatus.Partial, run.Result.Status);
    }

    [Fact]
    public void R3_What_somebody_else_wrote_since_is_not_taken_back()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["k"])), ("k", "0"));
        run.Publish("w", ("k", "1"));
        run.Write("k", "7");
        run.Fail("w", retryable: false);
        Assert.Equal("7", Assert.Single(run.Read("k").Entries).Value.ToString());
    }

    [Fact]
    public void R3_What_somebody_else_wrote_between_two_publications_comes_back()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["k"])), ("k", "0"));
        run.Publish("w", ("k", "1"));
        run.Write("k", "7");
        run.Publish("w", ("k", "2"));
        run.Publish("w", ("k", "3"));
        run.Fail("w", retryable: false);
        Assert.Equal("7", Assert.Single(run.Read("k").Entries).Value.ToString());
    }

    [Theory]
    [InlineData("{\"equals\":1}", "1", true)]
    [InlineData("{\"equals\":1}", "1.0", false)]
    [InlineData("{\"equals\":1}", null, false)]
    [InlineData("{\"in\":[1,2]}", "2", true)]
    [InlineData("{\"in\":[1,2]}", "3", false)]
    [InlineData("{\"exists\":true}", "null", true)]
    [InlineData("{\"exists\":true}", null, false)]
    [InlineData("{\"exists\":false}", null, true)]
    [InlineData("{\"exists\":false}", "1", false)]
    public void R6_A_guard_is_judged_on_the_value_and_an_absent_key_does_not_exist(string guard, string? value, bool runs)
    {
        var run = DriveScript.Of(Request(Step("g", [], ["out"]) with { When = Guard(guard) }, Step("other", [], ["aside"])), value is null ? [] : [("mode", value)]);
        Assert.Equal(runs ? ["g", "other"] : ["other"], run.Steps);
    }

    [Fact]
    public void R6_A_guard_is_judged_once_when_the_keys_writer_ended()
    {
        var run = DriveScript.Of(Request(Step("w", [], ["mode"]), Step("g", [], ["out"]) with { When = new(new("mode")) { Equal = JsonValue.Parse("1") } }), ("mode", "1"));
        Assert.Equal(["w"], run.Steps);
        run.Complete("w", ("mode", "2"));
        Assert.Equal(RunStatus.Partial, run.Result.Status);

        var early = DriveScript.Of(Request(Step("slow", [], ["in"]), Step("g", ["in"], ["out"]) with { When = new(new("mode")) { Equal = JsonValue.Parse("1") } }), ("mode", "1"));
        early.Write("mode", "2");   // Nobody in the run writes it: it was judged at the start.
        early.Complete("slow", ("in", "1"));
        Assert.Equal(["slow", "g"], early.Steps);
    }

    [Fact]
    public void R6_A_step_that_only_undecided_steps_need_waits()
    {
        var request = Request(Step("judge", [], ["mode"]), Step("deep", [], ["facts"]), Step("report", ["facts"], ["out"]) with { When = new(new("mode")) { Equal = JsonValue.Parse("1") } });
        var run = DriveScript.Of(request);
        Assert.Equal(["judge"], run.Steps);
        run.Complete("judge", ("mode", "1"));
        Assert.Equal(["judge", "deep"], run.Steps);

        var not = DriveScript.Of(request);
        not.Complete("judge", ("mode", "2"));
        Assert.Equal(["judge"], not.Steps);
    }

    private static StepGuard Guard(string json)
    {
        using var parsed = System.Text.Json.JsonDocument.Parse(json);
        var member = parsed.RootElement.EnumerateObject().Single();
        var key = new StepGuard(new("mode"));
        return member.Name switch
        {
            "equals" => key with { Equal = JsonValue.Parse(member.Value.GetRawText()) },
            "in" => key with { In = [.. member.Value.EnumerateArray().Select(value => JsonValue.Parse(value.GetRawText()))] },
            _ => key with { Exists = member.Value.GetBoolean() },
        };
    }
}
