using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Supervision;

public sealed class InProcessAgentTests(SupervisionFixture fixture) : IClassFixture<SupervisionFixture>
{
    [Fact]
    public async Task A_handler_publishes_completes_and_throws_as_its_run_sees_it()
    {
        var agent = await fixture.Register("writer", run: "outcomes");
        var published = ContextVersion.None;
        fixture.Handler = async (work, _) =>
        {
            if (work.Assignment.Id.Step == "bad") throw new InvalidOperationException("No paper.");
            published = await work.Publish([new(new("draft"), JsonValue.Null)]);
            return new() { Output = JsonValue.Parse("\"done\"") };
        };

        Assert.IsType<AdmitAnswer.Started>(await agent.Admit(agent.Attempt(step: "good")));
        var good = await agent.Script.Settlements.Reader.ReadAsync();
        await agent.Admit(agent.Attempt(step: "bad"));
        var bad = await agent.Script.Settlements.Reader.ReadAsync();

        Assert.Equal(new ContextVersion(1), published);
        Assert.Equal((SettlementKind.Completed, JsonValue.Parse("\"done\"")), (good.Kind, good.Completion!.Output));
        Assert.Equal((SettlementKind.Failed, "InvalidOperationException: No paper."), (bad.Kind, bad.Reason));
    }

    [Fact]
    public async Task A_handler_that_blocks_does_not_hold_up_its_supervisor_and_hears_of_the_cancel()
    {
        var agent = await fixture.Register("writer", run: "cancelled");
        var (started, heard) = (Gate(), Gate());
        fixture.Handler = async (_, stopped) =>
        {
            started.SetResult();
            using var told = stopped.Register(heard.SetResult);
            await heard.Task;
            return new();
        };
        await agent.Admit(agent.Attempt(step: "long"));
        await started.Task;
        Assert.IsType<AdmitAnswer.Queued>(await agent.Admit(agent.Attempt(step: "next")));   // One permit only.

        await agent.Door.Cancel(agent.Run, epoch: 1);
        await heard.Task;

        var bulkhead = (await agent.Supervisor.Describe(null)).Bulkhead;
        Assert.Equal((0, 0), (bulkhead.Running, bulkhead.Queued));
    }

    private static TaskCompletionSource Gate() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
