using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>SEMANTICS R13, <c>escalate</c>: a person decides what becomes of an attempt whose reads have changed.</summary>
public sealed class StaleContextTests : IAsyncLifetime
{
    private readonly AgentGate _gate = new();
    private int _attempts;
    private RosudCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await RosudCluster.Start(2, RosudCluster.Agent("a", ["in"], ["out"], async (work, stopped) =>
    {
        if (Interlocked.Increment(ref _attempts) == 1) await _gate.Hold(stopped);
        return RunExamples.Write("out", $"made of {RunExamples.Read(work, "in")}");
    }));

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task R13_escalate_asks_with_the_changed_keys_and_continue_commits_marked_as_stale()
    {
        var (channel, run, question) = await Escalated();
        Assert.Equal((QuestionKind.Stale, "in"), (question.Kind, question.Changed.Single().Value));
        Assert.Null(await Out(channel));

        Assert.IsType<AnswerOutcome.Counted>(await run.Grain(_cluster).Answer(new(question.Id, JsonValue.From("continue"))));
        var result = await _cluster.End(run);

        Assert.Equal(RunStatus.Completed, result.Status);
        var entry = await Out(channel);
        Assert.Equal(("\"made of in\"", true), (entry!.Value.ToString(), entry.Stale));
        Assert.Equal((1, 1), (_attempts, _gate.Entries));
    }

    [Fact]
    public async Task R13_escalate_retry_does_the_step_again_on_the_new_value()
    {
        var (channel, run, question) = await Escalated();

        await run.Grain(_cluster).Answer(new(question.Id, JsonValue.From("retry")));
        var result = await _cluster.End(run);

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"made of 999\"", (await Out(channel))!.Value.ToString());
        Assert.Equal(2, _attempts);
    }

    [Fact]
    public async Task R13_escalate_abort_ends_the_step_and_commits_nothing()
    {
        var (channel, run, question) = await Escalated();

        await run.Grain(_cluster).Answer(new(question.Id, JsonValue.From("abort")));
        var result = await _cluster.End(run);

        Assert.Equal(RunStatus.Rejected, result.Status);
        Assert.Null(await Out(channel));
    }

    [Fact]
    public async Task R13_escalate_asks_again_when_the_key_changes_once_more_before_the_answer()
    {
        var (channel, run, first) = await Escalated();
        await channel.Commit(RunExamples.Patch("in", "1000"));

        var refused = Assert.IsType<AnswerOutcome.Refused>(await run.Grain(_cluster).Answer(new(first.Id, JsonValue.From("continue"))));
        var second = (await PeopleExamples.Describe(_cluster, run)).Questions.Single(question => question.State == QuestionState.Open);
        var wrong = Assert.IsType<AnswerOutcome.Refused>(await run.Grain(_cluster).Answer(new(second.Id, JsonValue.From("maybe"))));
        Assert.IsType<AnswerOutcome.Counted>(await run.Grain(_cluster).Answer(new(second.Id, JsonValue.From("continue"))));
        var result = await _cluster.End(run);

        Assert.Equal((ProblemKind.StaleContext, "in"), (refused.Problem.Kind, refused.Stale.Single().Key.Value));
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(ProblemKind.InvalidRequest, wrong.Problem.Kind);
        Assert.Equal(RunStatus.Completed, result.Status);
    }

    [Fact]
    public async Task R13_escalate_keeps_what_waits_for_the_person_when_the_driver_is_lost()
    {
        var (channel, run, question) = await Escalated();

        await _cluster.Silos.KillSiloAsync(await _cluster.SiloOf(run.Grain(_cluster)));
        Assert.IsType<AnswerOutcome.Counted>(await run.Grain(_cluster).Answer(new(question.Id, JsonValue.From("continue"))));
        var result = await _cluster.End(run);

        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal("\"made of in\"", (await Out(channel))!.Value.ToString());
    }

    // An attempt completes on a value that changed meanwhile; its completion is held.
    private async Task<(IChannelGrain Channel, RunId Run, Question Question)> Escalated()
    {
        var channel = await RunExamples.Prepared(_cluster, "escalate", new ContextSync { StalenessThreshold = TimeSpan.FromMinutes(10) }, "a");
        var run = await RosudCluster.Accept(channel, RunExamples.Request("out", RunExamples.Step("s", "a", "in", "out")) with { OnStaleContext = OnStaleContext.Escalate });
        await _gate.Entered;
        await channel.Commit(RunExamples.Patch("in", "999"));
        _gate.Open();
        return (channel, run, await PeopleExamples.Open(_cluster, run));
    }

    private static async Task<ContextEntry?> Out(IChannelGrain channel) => Assert.IsType<ReadOutcome.Found>(await channel.Read(new())).View[new("out")];
}
