using Rosud.Agents;
using Rosud.Context;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>What an agent's registration says of its output holds for every completion of it.</summary>
public sealed class OutputSchemaTests
{
    private const string Schema = """{"type":"object","required":["found"],"properties":{"found":{"type":"array","items":{"type":"integer"}}}}""";

    [Theory]
    [InlineData("""{"found":[1,"two"]}""", "at /found/1")]
    [InlineData("""{}""", "")]
    [InlineData(null, "")]
    public void R15_a_completion_whose_output_breaks_the_schema_is_rejected_with_the_place_and_done_again(string? output, string place)
    {
        var run = Run(Step("a", [], ["k"]));

        var answer = Assert.IsType<SettleOutcome.Settled>(run.Complete("a", Answer(output)));

        Assert.Equal(SettleKind.Rejected, answer.Kind);
        Assert.Contains(place, answer.Reason!);
        Assert.Equal(answer.Reason, run.Running("a").Feedback);
        Assert.Equal(SettleKind.Accepted, Assert.IsType<SettleOutcome.Settled>(run.Complete("a", Answer("""{"found":[1,2]}"""))).Kind);
        Assert.Equal([AttemptOutcome.Rejected, AttemptOutcome.Accepted], run.Result.Attempts.Select(attempt => attempt.Outcome));
        Assert.Equal(1, run.Result.RetriesByCause["acceptance"]);
        Assert.Equal(RunStatus.Completed, run.Result.Status);
    }

    [Fact]
    public void R15_an_output_that_never_fits_goes_the_way_of_on_failure()
    {
        var run = Run(Step("a", [], ["k"]) with { OnFailure = new(OnFailureKind.Default, [new(new("k"), JsonValue.Parse("\"default\""))]) });
        for (var attempt = 1; attempt <= 4; attempt++) run.Complete("a", Answer("1"));

        Assert.Equal("\"default\"", run.Outputs["k"]);
        Assert.Equal(RunStatus.Completed, run.Result.Status);
    }

    [Fact]
    public void R15_without_on_failure_the_run_ends_because_nothing_was_acceptable()
    {
        var run = Run(Step("a", [], ["k"]));
        for (var attempt = 1; attempt <= 4; attempt++) run.Complete("a", Answer("1"));

        Assert.Equal(RunStatus.AcceptanceFailed, run.Result.Status);
        Assert.Contains("output_schema", run.Result.ProblemDetail);
    }

    [Fact]
    public void R15_an_agent_without_a_schema_answers_as_it_likes()
    {
        var run = Run(Step("b", [], ["k"]));

        Assert.Equal(SettleKind.Accepted, Assert.IsType<SettleOutcome.Settled>(run.Complete("b", Answer("1"))).Kind);
    }

    [Fact]
    public void R15_a_verdict_that_breaks_its_verifiers_schema_is_none()
    {
        var step = Step("b", [], ["k"]) with { Acceptance = [new() { Verifier = "a" }] };
        var run = Run(step);
        run.Propose("b", Answer("1"));

        var answer = Assert.IsType<SettleOutcome.Settled>(run.Complete("b.verify", new Completion { Output = JsonValue.Parse("""{"accepted":true}""") }));

        Assert.Equal((SettleKind.Rejected, true), (answer.Kind, answer.Reason!.Contains("output_schema", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_run_holds_the_agents_of_its_steps_their_fallbacks_groups_and_verifiers_to_their_schemas()
    {
        var registered = Registered("a", "b", "c", "d", "e").ToDictionary(agent => agent.Key, agent => agent.Key == "e" ? agent.Value : agent.Value with { Spec = agent.Value.Spec with { OutputSchema = JsonValue.Parse(Schema) } });
        var planned = Plan(Request(Step("a", [], ["k"]) with { OnFailure = new(OnFailureKind.Fallback, Agent: "b"), Acceptance = [new() { Verifier = "c" }] }, Step("e", [], ["m"]))).Steps;

        Assert.Equal(["a", "b", "c"], OutputSchemas.Of(planned, registered).Select(known => known.Agent));
    }

    private static Completion Answer(string? output) => new() { Writes = [new(new("k"), JsonValue.Parse("1"))], Output = output is null ? null : JsonValue.Parse(output) };

    private static DriveScript Run(params TaskStep[] steps) => new(Accept(Request(steps)) with { OutputSchemas = [new("a", JsonValue.Parse(Schema))] });
}
