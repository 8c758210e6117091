using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

// The worker's and the operator's side; SupervisorGrain.Door.cs has the runs' side, SupervisorGrain.Turns.cs what follows each turn.
// Every change of state is one assignment from a value's answer, between two awaits.
[GrainType("rosud.supervisor"), Reentrant, HashBasedPlacement]
internal sealed partial class SupervisorGrain(
    IRunDoor runs,
    IJournals journals,
    IGrainFactory grains,
    Transports transports,
    SupervisionTime time,
    SiloDeaths deaths,
    IOptions<BreakerOptions> breakerOptions,
    ILogger<SupervisorGrain> logger) : Grain, ISupervisorGrain, ISupervisorDoor, ISupervisorPanel
{
    private static readonly TimeSpan ParkMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LeaseDefault = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(10);
    private readonly BreakerOptions _options = breakerOptions.Value;
    private readonly SupervisionClock _clock = time.Start();
    private readonly Watchers _watchers = new(time.Provider);
    private SupervisorLedger _ledger = null!;
    private Breakers _breakers = new();
    private AgentView? _agent;
    private IAssignmentTransport? _transport;
    private Settling _settling = null!;
    private OffPathWrites<SupervisorRecord> _writes = null!;
    private Alarm _alarm = null!;
    private SupervisorTurns _turns = null!;

    private DateTimeOffset Now => _clock.Now;

    private TimeSpan AgentTimeout => _agent?.Spec.Timeout ?? LeaseDefault;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var id = AgentId.FromKey(this.GetPrimaryKeyString());
        _ledger = new(id, Random.Shared.NextInt64(1, long.MaxValue), Now);
        _settling = new(runs, time.Provider, () => Now, attempt => _ledger.Kept.GetValueOrDefault(attempt), Released, logger);
        _alarm = new(time.Provider, TaskScheduler.Current, Rang);
        _turns = new(this, this.AsReference<ISupervisorGrain>(), TaskScheduler.Current);
        var durable = journals.OpenValue<SupervisorRecord>(this.GetGrainId());
        await durable.Activate(cancellationToken);
        _breakers = Breakers.Restore(durable.Value, Now, _options);
        _quarantine = Quarantine.Restore(durable.Value?.Quarantine ?? [], Now);
        _transitions = durable.Value is { Transitions: { IsDefault: false } before } ? before : [];
        _writes = new(durable, Saved, DeactivateOnIdle, time.Provider, logger);
        if (await grains.GetGrain<IAgentGrain>(id.Key).Describe() is AgentOutcome.Found found) Register(found.Agent);
        deaths.Watch(this, LetGo);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        deaths.Forget(this);
        if (_turns is not null) await _turns.End().WaitAsync(RunCalls.Timeout, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _alarm?.Stop();
        _watchers.TellAll();
        foreach (var transport in AllTransports) transport.StopAll();
        Uncount();
        if (_writes is not null) await _writes.Finish();
    }

    public async Task<TakeOutcome> Take(TakeRequest request, CancellationToken gone = default)
    {
        if (TakeFaults(request) is { } invalid) return new TakeOutcome.Refused(invalid);
        if (_agent is null) return new TakeOutcome.Refused(Refusals.NotRegistered());
        if (_transport is not PullTransport pull) return new TakeOutcome.Refused(Refusals.NotPull());
        var taken = await pull.Take(request with { Wait = Parked(request.Wait) }, Advance, gone);
        if (!gone.IsCancellationRequested) return new TakeOutcome.Taken(taken);
        foreach (var assignment in taken) await Fail(assignment.Id, Failure.WorkerGone);
        return new TakeOutcome.Taken([]);
    }

    public Task Release(string worker)
    {
        (_transport as PullTransport)?.Release(worker);
        return Task.CompletedTask;
    }

    public async Task<SettleOutcome> Heartbeat(AssignmentId assignment, HeartbeatRequest request)
    {
        if (!Alive(assignment)) return _ledger.Over(assignment, Now);
        if (request.Progress is not null || request.Status is not null)
        {
            _ = runs.Progress(new(assignment, Now, Started: false, request.Progress, request.Status));
        }

        // Never longer than the lease allows: the worker has to come back in time to renew it.
        var lease = _ledger.Bulkhead.PermitOf(assignment)?.Lease ?? LeaseDefault;
        var wait = Shortest(request.Wait, ParkMax, lease * 2 / 3);
        var hasNews = _ledger.Bulkhead.PermitOf(assignment) is { Changed: not null, IsTold: false };
        if (wait > TimeSpan.Zero && !hasNews) await _watchers.Wait(assignment, Parked(wait));
        if (_ledger.Bulkhead.PermitOf(assignment) is not { } permit) return _ledger.Over(assignment, Now);
        _ledger = _ledger.Told(assignment);
        return new SettleOutcome.Beat(permit.EndsAt, Superseded: false, Cancelled: false) { Changed = permit.Changed };
    }

    public async Task<SettleOutcome> Watch(AssignmentId assignment, ContextVersion known, TimeSpan wait)
    {
        var isNews = _ledger.Standing(assignment, Now) is not SettleOutcome.Beat { Superseded: false, Cancelled: false } alive || alive.Changed?.Context.Version > known;
        if (!isNews && wait > TimeSpan.Zero) await _watchers.Wait(assignment, Parked(wait < ParkMax ? wait : ParkMax));
        return _ledger.Standing(assignment, Now);
    }

    public async Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes)
    {
        return await Say(assignment, () => runs.Publish(assignment, writes));
    }

    public async Task<SettleOutcome> Effect(AssignmentId assignment, EffectRequest request)
    {
        if (AskRules.Fault(request) is { } fault) return new SettleOutcome.Refused(fault);
        return await Say(assignment, () => runs.Effect(assignment, request));
    }

    public async Task<SettleOutcome> AskPerson(AssignmentId assignment, AskRequest request)
    {
        if (AskRules.Fault(request) is { } fault) return new SettleOutcome.Refused(fault);
        var now = Now;
        return await End(assignment, permit => permit.Settlement(SettlementKind.Asked, now) with { Asked = request });
    }

    public async Task<SettleOutcome> Complete(AssignmentId assignment, Completion completion)
    {
        var now = Now;
        var answer = await End(assignment, permit => permit.Settlement(SettlementKind.Completed, now) with { Completion = completion });
        if (answer is SettleOutcome.Refused { Problem.Kind: ProblemKind.Fenced }) runs.Late(new(assignment, completion)).Ignore();
        return answer;
    }

    public Task<SettleOutcome> Fail(AssignmentId assignment, Failure failure)
    {
        var now = Now;
        return End(assignment, permit => FailureRules.Settle(permit, failure, now));
    }

    public Task<SupervisorView> Describe(string? network) => Task.FromResult(View(network));

    public async Task<SupervisorView> Reset()
    {
        Forced(new Breakers());
        _quarantine = Quarantine.None;
        await ResetDependency();
        await Stored();
        Advance();
        return View(null);
    }

    public async Task<SupervisorView> ForceOpen()
    {
        Forced(_breakers.Force());
        TurnAwayWaiting(_ => true, SettlementKind.CircuitOpen, "An operator opened the agent's breaker.");
        await Stored();
        return View(null);
    }

    // An operator is told that it is done only when it outlives this activation.
    private async Task Stored()
    {
        await _writes.Request();
        if (_writes.IsFenced) throw new UnknownOutcomeException("The supervisor moved while this was being stored. Repeat it.");
    }

    public Task<SupervisorState> GetState() => Task.FromResult(new SupervisorState
    {
        Transport = _agent?.Spec.Transport.Kind.ToString() ?? "not registered",
        Running = _ledger.Bulkhead.Permits.Count,
        Queued = _ledger.Bulkhead.Queue.Count,
        UnacknowledgedResults = _ledger.Kept.Count,
        RunsRemembered = _ledger.Runs.Count,
        Breakers = _breakers.View(Now, _options),
    });

    // A running attempt says something to its run that does not end it.
    private async Task<SettleOutcome> Say(AssignmentId assignment, Func<Task<SettleOutcome>> call)
    {
        if (!Alive(assignment)) return Refusals.Fenced();
        try
        {
            return await call().WaitAsync(Parked(PublishTimeout), time.Provider);
        }
        catch (Exception fault)   // The call was lost, the run may have done it: only a repeat can tell.
        {
            logger.LogWarning(fault, "Run {Run} has not answered {Step}.", assignment.Run, assignment.Step);
            return Refusals.Unknown();
        }
    }

    private async Task<SettleOutcome> End(AssignmentId attempt, Func<Permit, Settlement> outcome)
    {
        if (_ledger.AnswerOf(attempt) is { } answered) return answered;
        (_ledger, var taken) = _ledger.End(attempt, outcome, AgentTimeout, Now);
        if (taken is LastWord.Fenced) return Refusals.Fenced();
        if (taken is LastWord.Full) return Refusals.Full();
        _watchers.Tell(attempt);
        var judged = _settling.Send(attempt);
        Advance();
        try
        {
            return await judged.WaitAsync(Parked(ParkMax), time.Provider);
        }
        catch (TimeoutException)
        {
            return Refusals.Unknown();   // It stays kept; the same call again waits for the same judgement.
        }
    }

    // Renews the lease. An attempt that only a lost supervisor knew is taken back, and its run is asked beside it.
    private bool Alive(AssignmentId attempt)
    {
        (_ledger, var beat) = _ledger.Beat(attempt, AgentTimeout, LeaseDefault, Now);
        if (beat is Beat.TakenBack)
        {
            _ = runs.Progress(new(attempt, Now, Started: true, null, null));
            _ = AskRun(attempt);
        }

        Advance();
        return beat is not Beat.Over;
    }

    private SupervisorView View(string? network) => new(
        _breakers.ViewOf(network ?? NetworkId.DefaultName, Now, _options),
        new(_ledger.Bulkhead.Permits.Count, _ledger.Bulkhead.Queue.Count, _ledger.Bulkhead.MaxConcurrency, _ledger.Bulkhead.QueueLimit),
        _breakers.View(Now, _options),
        _retries.Left(Now))
    {
        Transitions = _transitions,
        Quarantine = [.. _quarantine.Steps.Where(step => step.Until > Now).Select(step => new QuarantineView(step.Step, step.Until))],
        Dependency = DependencyView(),
    };

    private static Problem? TakeFaults(TakeRequest request) => request switch
    {
        { Max: < 1 or > 100 } => Problem.Invalid("/max", "Must be 1 to 100."),
        { Wait: var wait } when wait < TimeSpan.Zero || wait > ParkMax => Problem.Invalid("/wait_ms", "Must be 0 to 20,000."),
        { Lease: var lease } when lease < TimeSpan.FromSeconds(1) || lease > TimeSpan.FromMinutes(10) => Problem.Invalid("/lease_ms", "Must be 1,000 to 600,000."),
        { Worker: { } worker } when !Names.IsValid(worker) => Problem.Invalid("/worker", "A name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit."),
        _ => null,
    };

    private static TimeSpan Shortest(params ReadOnlySpan<TimeSpan> times)
    {
        var shortest = times[0];
        foreach (var span in times) shortest = span < shortest ? span : shortest;
        return shortest;
    }
}
