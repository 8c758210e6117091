using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Supervision;

/// <summary>Runs as supervisors call them.</summary>
internal interface IRunDoor
{
    Task<SettleOutcome> Settle(Settlement settlement);

    Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes);

    Task Progress(AttemptProgress progress);

    /// <summary>The run as it stands. Brings its driver back when it was lost.</summary>
    Task<RunOutcome> Describe(RunId run);
}

/// <summary>The runs of this cluster.</summary>
internal sealed class RunDoor(GrainsOf<IRunGrain> grains, GrainsOf<IRunDriver> drivers) : IRunDoor
{
    public Task<SettleOutcome> Settle(Settlement settlement) => Driver(settlement.Assignment.Run).Settle(settlement);

    public Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes) =>
        Driver(assignment.Run).Publish(assignment, writes);

    public Task Progress(AttemptProgress progress) => Driver(progress.Assignment.Run).Progress(progress);

    public Task<RunOutcome> Describe(RunId run) => grains[run.Key].Describe();

    private IRunDriver Driver(RunId run) => drivers[run.Key];
}
