using System.Collections.Concurrent;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>A step asks a person: <c>input_required</c> until the answer counts.</summary>
public sealed class QuestionTests
{
    private readonly Askings _asked = new();

    [Fact]
    public async Task The_run_waits_for_the_answer_and_the_next_attempt_has_it()
    {
        await using var cluster = await RosudCluster.Start(2, Buyer());
        var channel = await RunExamples.Prepared(cluster, "ask", "buyer");
        var run = await Submit(cluster, channel);
        var open = await _asked.Next(cluster, run);
        Assert.Equal("Buy at in?", open.Text);
        Assert.Equal("in", open.Reads.Single().Key.Value);

        var counted = Assert.IsType<AnswerOutcome.Counted>(await run.Grain(cluster).Answer(new(open.Id, JsonValue.From(true), "anna")));
        var again = Assert.IsType<AnswerOutcome.Counted>(await run.Grain(cluster).Answer(new(open.Id, JsonValue.From(true), "anna")));
        var other = Assert.IsType<AnswerOutcome.Refused>(await run.Grain(cluster).Answer(new(open.Id, JsonValue.From(false))));
        var result = await cluster.End(run);
        var late = Assert.IsType<AnswerOutcome.Counted>(await run.Grain(cluster).Answer(new(open.Id, JsonValue.From(true))));

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"bought at in: True\"", result.Outputs.Single().Value.ToString());
        Assert.Equal([AttemptOutcome.Asked, AttemptOutcome.Accepted], result.Attempts.Select(attempt => attempt.Outcome));
        Assert.Equal(counted.Question.AnsweredAt, again.Question.AnsweredAt);
        Assert.Equal(counted.Question.AnsweredAt, late.Question.AnsweredAt);
        Assert.Equal(ProblemKind.AlreadyExists, other.Problem.Kind);
        Assert.Equal("anna", result.Questions.Single().AnsweredBy);
        Assert.Empty(result.RetriesByCause);
    }

    [Fact]
    public async Task Nobody_holds_a_permit_while_a_person_is_asked_and_the_breaker_does_not_count_it()
    {
        await using var cluster = await RosudCluster.Start(1, Buyer());
        var channel = await RunExamples.Prepared(cluster, "permit", "buyer");
        var run = await Submit(cluster, channel);
        await _asked.Next(cluster, run);

        var view = await cluster.Grains.GetGrain<Supervision.ISupervisorGrain>(new AgentId(TenantId.Default, "buyer").Key).Describe(null);

        Assert.Equal(0, view.Bulkhead.Running);
        Assert.Equal(0, view.Breaker.Calls);
    }

    [Fact]
    public async Task An_answer_to_what_has_changed_is_refused_with_the_keys_and_asked_again()
    {
        // Nobody is told before ten minutes: the answer itself must find out.
        await using var cluster = await RosudCluster.Start(2, Buyer());
        var channel = await RunExamples.Prepared(cluster, "changed", new ContextSync { StalenessThreshold = TimeSpan.FromMinutes(10) }, "buyer");
        var run = await Submit(cluster, channel);
        var first = await _asked.Next(cluster, run);

        await channel.Commit(RunExamples.Patch("in", "999"));
        var refused = Assert.IsType<AnswerOutcome.Refused>(await run.Grain(cluster).Answer(new(first.Id, JsonValue.From(true))));
        var second = await _asked.Next(cluster, run);
        var old = Assert.IsType<AnswerOutcome.Refused>(await run.Grain(cluster).Answer(new(first.Id, JsonValue.From(true))));
        Assert.IsType<AnswerOutcome.Counted>(await run.Grain(cluster).Answer(new(second.Id, JsonValue.From(true))));
        var result = await cluster.End(run);

        Assert.Equal(ProblemKind.StaleContext, refused.Problem.Kind);
        Assert.Equal(("in", 1L, 2L), (refused.Stale.Single().Key.Value, refused.Stale.Single().Read.Number, refused.Stale.Single().Current.Number));
        Assert.Equal(ProblemKind.StaleContext, old.Problem.Kind);
        Assert.Equal("Buy at 999?", second.Text);
        Assert.Equal("\"bought at 999: True\"", result.Outputs.Single().Value.ToString());
    }

    [Fact]
    public async Task A_question_whose_key_changed_is_asked_again_by_itself_after_the_threshold()
    {
        await using var cluster = await RosudCluster.Start(2, Buyer());
        var channel = await RunExamples.Prepared(cluster, "eager", new ContextSync { StalenessThreshold = TimeSpan.Zero }, "buyer");
        var run = await Submit(cluster, channel);
        var first = await _asked.Next(cluster, run);

        await channel.Commit(RunExamples.Patch("in", "in"));   // The equal value disturbs nobody.
        await channel.Commit(RunExamples.Patch("in", "999"));
        var second = await _asked.Next(cluster, run);

        Assert.Equal("Buy at 999?", second.Text);
        Assert.Equal(2, second.Attempt);
    }

    [Fact]
    public async Task A_change_after_the_answer_and_before_the_commit_is_asked_again()
    {
        var gate = new AgentGate();
        var asked = new ConcurrentQueue<string>();
        await using var cluster = await RosudCluster.Start(2, RosudCluster.Agent("buyer", ["in"], ["out"], async (work, stopped) =>
        {
            var price = RunExamples.Read(work, "in");
            asked.Enqueue(price);
            await _asked.Ask(work, $"Buy at {price}?");
            if (price == "in") await gate.Hold(stopped);
            return RunExamples.Write("out", price);
        }));
        var channel = await RunExamples.Prepared(cluster, "late", new ContextSync { StalenessThreshold = TimeSpan.FromMinutes(10) }, "buyer");
        var run = await Submit(cluster, channel);
        var first = await _asked.Next(cluster, run);
        await run.Grain(cluster).Answer(new(first.Id, JsonValue.From(true)));
        await gate.Entered;
        await channel.Commit(RunExamples.Patch("in", "999"));
        gate.Open();

        var second = await _asked.Next(cluster, run);
        await run.Grain(cluster).Answer(new(second.Id, JsonValue.From(true)));
        var result = await cluster.End(run);

        Assert.Equal("Buy at 999?", second.Text);
        Assert.Equal("\"999\"", result.Outputs.Single().Value.ToString());
    }

    [Fact]
    public async Task An_answer_must_fit_the_schema_and_an_unknown_question_is_not_found()
    {
        await using var cluster = await RosudCluster.Start(1, Buyer(JsonValue.Parse("""{"type":"boolean"}""")));
        var channel = await RunExamples.Prepared(cluster, "schema", "buyer");
        var run = await Submit(cluster, channel);
        var open = await _asked.Next(cluster, run);

        var wrong = Assert.IsType<AnswerOutcome.Refused>(await run.Grain(cluster).Answer(new(open.Id, JsonValue.From("yes"))));
        var unknown = Assert.IsType<AnswerOutcome.Refused>(await run.Grain(cluster).Answer(new("nothing", JsonValue.From(true))));

        Assert.Equal((ProblemKind.InvalidRequest, "/value"), (wrong.Problem.Kind, wrong.Problem.Errors.Single().Pointer));
        Assert.Equal(ProblemKind.NotFound, unknown.Problem.Kind);
        Assert.IsType<AnswerOutcome.Counted>(await run.Grain(cluster).Answer(new(open.Id, JsonValue.From(true))));
        Assert.Equal(RunStatus.Completed, (await cluster.End(run)).Status);
    }

    [Fact]
    public async Task A_question_that_nobody_answers_in_time_fails_its_step()
    {
        await using var cluster = await RosudCluster.Start(1, Buyer(expires: TimeSpan.FromMilliseconds(50)));
        var channel = await RunExamples.Prepared(cluster, "expires", "buyer");
        var given = new OnFailure(OnFailureKind.Default, [new(new("out"), JsonValue.From("not bought"))]);

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", RunExamples.Step("buy", "buyer", "in", "out") with { OnFailure = given }));

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"not bought\"", result.Outputs.Single().Value.ToString());
        Assert.Equal(QuestionState.Expired, result.Questions.Single().State);
        var late = Assert.IsType<AnswerOutcome.Refused>(await result.Run.Grain(cluster).Answer(new(result.Questions.Single().Id, JsonValue.From(true))));
        Assert.Equal(ProblemKind.Fenced, late.Problem.Kind);
    }

    [Fact]
    public async Task The_deadline_ends_a_run_that_waits_for_a_person()
    {
        await using var cluster = await RosudCluster.Start(1, Buyer());
        var channel = await RunExamples.Prepared(cluster, "deadline", "buyer");

        var result = await cluster.Coordinate(channel, RunExamples.Request("out", RunExamples.Step("buy", "buyer", "in", "out")) with { Timeout = TimeSpan.FromMilliseconds(400) });

        Assert.Equal(RunStatus.DeadlineExceeded, result.Status);
        Assert.Equal(QuestionState.Withdrawn, result.Questions.Single().State);
    }

    [Theory, InlineData("run"), InlineData("channel")]
    public async Task Question_and_answer_survive_the_silo_of_one_of_their_actors(string killed)
    {
        await using var cluster = await RosudCluster.Start(3, Buyer());
        var channel = await RunExamples.Prepared(cluster, "survives", "buyer");
        var run = await Submit(cluster, channel);
        var open = await _asked.Next(cluster, run);

        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(killed == "run" ? run.Grain(cluster) : channel));
        var after = await PeopleExamples.Describe(cluster, run);
        Assert.Equal((RunStatus.InputRequired, open.Id), (after.Status, after.Questions.Single().Id));
        Assert.IsType<AnswerOutcome.Counted>(await run.Grain(cluster).Answer(new(open.Id, JsonValue.From(true))));
        var result = await cluster.End(run);

        Assert.Equal(RunStatus.Completed, result.Status);
        // What its supervisor did when it died may have to be done again.
        Assert.Equal([AttemptOutcome.Asked, AttemptOutcome.Accepted], result.Attempts.Select(attempt => attempt.Outcome).Where(outcome => outcome != AttemptOutcome.Lost));
    }

    private LocalAgent Buyer(JsonValue? schema = null, TimeSpan? expires = null) => RosudCluster.Agent("buyer", ["in"], ["out"], async (work, _) =>
    {
        var price = RunExamples.Read(work, "in");
        var answer = await _asked.Ask(work, $"Buy at {price}?", schema, expires);
        return RunExamples.Write("out", $"bought at {price}: {answer.As<bool>()}");
    });

    private static Task<RunId> Submit(RosudCluster cluster, IChannelGrain channel) =>
        RosudCluster.Accept(channel, RunExamples.Request("out", RunExamples.Step("buy", "buyer", "in", "out")));
}
