using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Verdicts;

namespace Rosud.Supervision;

/// <summary>Runs as supervisors call them.</summary>
internal interface IRunDoor
{
    Task<SettleOutcome> Settle(Settlement settlement);

    Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes);

    Task<SettleOutcome> Effect(AssignmentId assignment, EffectRequest request);

    Task Progress(AttemptProgress progress);

    /// <summary>A fenced attempt was completed all the same. May be lost.</summary>
    Task Late(LateCompletion late);

    /// <summary>The run as it stands. Brings its driver back when it was lost.</summary>
    Task<RunOutcome> Describe(RunId run);
}

/// <summary>The runs of this cluster.</summary>
internal sealed class RunDoor(GrainsOf<IRunGrain> grains, GrainsOf<IRunDriver> drivers, GrainsOf<IShadowGrain> shadows) : IRunDoor
{
    public Task<SettleOutcome> Settle(Settlement settlement) =>
        Shadows.Is(settlement.Assignment.Run) ? shadows[settlement.Assignment.Run.Key].Settle(settlement) : Driver(settlement.Assignment.Run).Settle(settlement);

    public Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes) =>
        Shadows.Is(assignment.Run) ? shadows[assignment.Run.Key].Publish(assignment, writes) : Driver(assignment.Run).Publish(assignment, writes);

    // A shadow has its effects off: it may not even claim one.
    public Task<SettleOutcome> Effect(AssignmentId assignment, EffectRequest request) =>
        Shadows.Is(assignment.Run) ? Task.FromResult<SettleOutcome>(new SettleOutcome.Refused(new(ProblemKind.Fenced, "A shadow attempt has no effects."))) : Driver(assignment.Run).Effect(assignment, request);

    public Task Progress(AttemptProgress progress) => Shadows.Is(progress.Assignment.Run) ? Task.CompletedTask : Driver(progress.Assignment.Run).Progress(progress);

    public Task Late(LateCompletion late) => Shadows.Is(late.Assignment.Run) ? Task.CompletedTask : Driver(late.Assignment.Run).Late(late);

    public Task<RunOutcome> Describe(RunId run) => grains[run.Key].Describe();

    private IRunDriver Driver(RunId run) => drivers[run.Key];
}
