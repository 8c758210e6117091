using Microsoft.Extensions.DependencyInjection;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>When a silo dies the runtime ends activations of others that it had registered, and those take no call before the ones that they have begun are over. The clock stands still here: nothing ends because its time is over.</summary>
public sealed class LostSiloTests(SupervisionFixture fixture) : IClassFixture<SupervisionFixture>
{
    private static readonly Completion Done = new() { Writes = [new(new("facts.a"), JsonValue.Parse("1"))] };

    [Fact]
    public async Task A_worker_that_waits_for_work_is_answered()
    {
        var agent = await fixture.Register("waiting", new());
        var taking = agent.Supervisor.Take(Supervised.OneWithin20Seconds);
        await agent.TurnsEnded();

        LoseSilo();

        Assert.Empty(Assert.IsType<TakeOutcome.Taken>(await taking).Assignments);
    }

    [Fact]
    public async Task A_worker_that_waits_for_its_runs_judgement_asks_again_and_gets_it()
    {
        var agent = await fixture.Register("judged", new());
        var judgement = new TaskCompletionSource<SettleOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        agent.Script.OnSettle = _ => judgement.Task;
        var assignment = await agent.AdmitAndTake(agent.Attempt());
        var completing = agent.Supervisor.Complete(assignment.Id, Done);
        await agent.TurnsEnded();

        LoseSilo();

        Assert.Equal(ProblemKind.UnknownOutcome, Assert.IsType<SettleOutcome.Refused>(await completing).Problem.Kind);
        var again = agent.Supervisor.Complete(assignment.Id, Done);
        await agent.TurnsEnded();
        judgement.SetResult(new SettleOutcome.Settled(SettleKind.Accepted, new(9)));
        Assert.Equal(new SettleOutcome.Settled(SettleKind.Accepted, new(9)), await again);
    }

    [Fact]
    public async Task A_supervisor_that_the_runtime_ends_is_there_again_at_once_whoever_waits_at_it()
    {
        var agent = await fixture.Register("ended", new());
        agent.Script.OnSettle = _ => new TaskCompletionSource<SettleOutcome>().Task;
        var assignment = await agent.AdmitAndTake(agent.Attempt());
        var waiting = agent.Supervisor.Complete(assignment.Id, Done);
        var taking = agent.Supervisor.Take(Supervised.OneWithin20Seconds);
        await agent.TurnsEnded();

        var deactivated = agent.Deactivate();
        LoseSilo();

        await deactivated;
        await Task.WhenAll(waiting, taking);
    }

    private void LoseSilo() =>
        fixture.Cluster.Silos[0].ServiceProvider.GetRequiredService<SiloDeaths>().SiloStatusChangeNotification(SiloAddress.Zero, SiloStatus.Dead);
}
