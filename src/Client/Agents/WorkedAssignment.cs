using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>One assignment at work in this process: its lease is renewed, its handler told to stop, its answer delivered.</summary>
internal sealed class WorkedAssignment(LocalAgent agent, Assignment assignment, ISupervisorGrain supervisor, WorkerReach reach) : IAgentWork, IDisposable
{
    private const int StatusLengthMax = 1_024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stopped = new();
    private readonly RebasedView _view = new(assignment.Context);

    public Assignment Assignment => assignment;

    public ContextView Context => _view.Current;

    public bool HasChanged => _view.HasChanged;

    public Task WhenChanged(CancellationToken stopped) => _view.WhenChanged(stopped);

    public ImmutableArray<ContextKey> Rebase() => _view.Rebase();

    /// <summary>Does it. Never throws: whatever the handler does is the attempt's outcome.</summary>
    public async Task Do(CancellationToken cut)
    {
        await using var told = cut.Register(Stop);
        await using var limit = reach.Time.CreateTimer(_ => Stop(), null, assignment.TimeLeft > TimeSpan.Zero ? assignment.TimeLeft : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        using var over = new CancellationTokenSource();
        var beating = Beat(over.Token);
        Func<Task<SettleOutcome>>? answer = null;
        try
        {
            var completion = await agent.Handler(this, _stopped.Token) ?? throw new InvalidOperationException("The handler returned null: return a Completion.");
            completion = _view.Complete(completion);
            answer = () => supervisor.Complete(assignment.Id, completion);
        }
        catch (AttemptAskedException)
        {
            // The attempt ended with its question.
        }
        catch (Exception) when (_stopped.IsCancellationRequested)
        {
            // An attempt that was told to stop is over for its supervisor, whatever the handler says; only one that this worker itself cut short goes back.
            if (cut.IsCancellationRequested) answer = () => supervisor.Fail(assignment.Id, new() { Reason = "The worker stopped.", RetryAfter = TimeSpan.Zero });
        }
        catch (Exception fault)   // The agent's code: anything can be thrown, and all of it is the attempt's failure.
        {
            reach.Log.LogInformation(fault, "Agent {Agent} failed at step {Step}.", agent.Id.Name, assignment.Id.Step);
            answer = () => supervisor.Fail(assignment.Id, AgentFailureException.Of(fault));
        }

        if (answer is not null) await Deliver(answer);
        await over.CancelAsync();
        await beating;
    }

    public void Dispose() => _stopped.Dispose();

    public async Task<ContextVersion> Publish(ImmutableArray<ContextWrite> writes)
    {
        _stopped.Token.ThrowIfCancellationRequested();
        var outcome = await reach.Calls.Repeat(() => supervisor.Publish(assignment.Id, writes), Later, _stopped.Token);
        return outcome switch
        {
            SettleOutcome.Published published => published.Version,
            SettleOutcome.Refused { Problem.Kind: ProblemKind.Fenced } => throw new OperationCanceledException("The attempt is over.", _stopped.Token),
            SettleOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw new InvalidOperationException($"Publishing was answered with {other.GetType().Name}."),
        };
    }

    public async Task Report(double? progress, string? status)
    {
        _stopped.Token.ThrowIfCancellationRequested();
        var cut = status is { Length: > StatusLengthMax } ? status[..StatusLengthMax] : status;
        Hear(await reach.Calls.Repeat(() => supervisor.Heartbeat(assignment.Id, new(progress, cut, TimeSpan.Zero)), _stopped.Token));
    }

    public Task<Effect> Effect(string name, Func<string, Task<JsonValue>> act) => Asked.Effect(name, act);

    public Task<JsonValue> Ask(string question, JsonValue? schema = null, TimeSpan? expires = null) => Asked.Ask(question, schema, expires);

    private AskedWork Asked => new(
        assignment,
        request => reach.Calls.Repeat(() => supervisor.Effect(assignment.Id, request), Later, _stopped.Token),
        request => reach.Calls.Repeat(() => supervisor.AskPerson(assignment.Id, request), Later, _stopped.Token),
        _stopped.Token);

    // Renews the lease for as long as the handler works, also while it ignores that it should stop: its answer is fenced then.
    private async Task Beat(CancellationToken over)
    {
        var wait = reach.Lease / 3 < WorkerReach.WaitMax ? reach.Lease / 3 : WorkerReach.WaitMax;
        while (!over.IsCancellationRequested && !_stopped.IsCancellationRequested)
        {
            try
            {
                Hear(await reach.Hear(supervisor.Heartbeat(assignment.Id, new(null, null, wait)), over));
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (LostCalls.LeavesOutcomeOpen(fault) || fault is OverloadedException)
            {
                reach.Log.LogDebug(fault, "A heartbeat of agent {Agent} was not answered.", agent.Id.Name);
                await Task.Delay(Pause, reach.Time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Hear(SettleOutcome beat)
    {
        if (beat is SettleOutcome.Beat { Superseded: false, Cancelled: false } alive) _view.Offer(alive.Changed);
        else Stop();
    }

    // Not inline: what the handler hung on its token runs elsewhere, and may throw.
    private void Stop() => _ = _stopped.CancelAsync();

    // The same answer again gets the same judgement; one that nobody took within the call's time comes back as a lost lease.
    private async Task Deliver(Func<Task<SettleOutcome>> answer)
    {
        try
        {
            var outcome = await reach.Calls.Repeat(answer, Later, CancellationToken.None);
            if (outcome is SettleOutcome.Refused { Problem: var problem } && problem.Kind != ProblemKind.Fenced)
            {
                reach.Log.LogWarning("Agent {Agent}'s answer for step {Step} was refused: {Reason}", agent.Id.Name, assignment.Id.Step, problem.Detail);
            }
            else if (outcome is SettleOutcome.Settled { Kind: SettleKind.Rejected, Reason: var reason })
            {
                reach.Log.LogWarning("Agent {Agent}'s answer for step {Step} was rejected: {Reason}", agent.Id.Name, assignment.Id.Step, reason);
            }
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)   // Whatever the call fails with, the worker goes on; a lost lease gives the work to another.
        {
            reach.Log.LogWarning(fault, "Agent {Agent}'s answer for step {Step} could not be delivered.", agent.Id.Name, assignment.Id.Step);
        }
    }

    private static Problem? Later(SettleOutcome outcome) => (outcome as SettleOutcome.Refused)?.Problem;
}
