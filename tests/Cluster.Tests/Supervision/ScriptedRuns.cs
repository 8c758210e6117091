using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Supervision;

/// <summary>Runs that answer as the test says; each by its own script, because the tests share a silo.</summary>
internal sealed class ScriptedRuns : IRunDoor
{
    private readonly ConcurrentDictionary<RunId, Script> _scripts = new();

    public Script this[RunId run] => _scripts.GetOrAdd(run, _ => new());

    public Task<SettleOutcome> Settle(Settlement settlement)
    {
        var script = this[settlement.Assignment.Run];
        script.Settlements.Writer.TryWrite(settlement);
        return script.OnSettle(settlement);
    }

    public Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes) =>
        Task.FromResult<SettleOutcome>(new SettleOutcome.Published(new(writes.Length)));

    public Task<SettleOutcome> Effect(AssignmentId assignment, EffectRequest request) =>
        Task.FromResult<SettleOutcome>(new SettleOutcome.EffectKnown(new() { Name = request.Name, Step = assignment.Step, Attempt = assignment.Attempt, IdempotencyKey = "k", Receipt = request.Receipt }, true));

    public Task Progress(AttemptProgress progress)
    {
        this[progress.Assignment.Run].Progress.Writer.TryWrite(progress);
        return Task.CompletedTask;
    }

    public Task Late(LateCompletion late)
    {
        this[late.Assignment.Run].Late.Writer.TryWrite(late);
        return Task.CompletedTask;
    }

    public Task<RunOutcome> Describe(RunId run) => this[run].OnDescribe();

    public sealed class Script
    {
        public Channel<Settlement> Settlements { get; } = Channel.CreateUnbounded<Settlement>();

        public Channel<AttemptProgress> Progress { get; } = Channel.CreateUnbounded<AttemptProgress>();

        public Channel<LateCompletion> Late { get; } = Channel.CreateUnbounded<LateCompletion>();

        public Func<Settlement, Task<SettleOutcome>> OnSettle { get; set; } = settlement => Task.FromResult<SettleOutcome>(
            settlement.Kind is SettlementKind.Completed ? new SettleOutcome.Settled(SettleKind.Accepted, new(9)) : new SettleOutcome.Noted());

        public Func<Task<RunOutcome>> OnDescribe { get; set; } = () => Task.FromResult<RunOutcome>(new RunOutcome.Refused(Refusals.NotRegistered()));
    }
}
