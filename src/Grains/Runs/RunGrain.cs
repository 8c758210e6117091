using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Networks;
using Rosud.Supervision;
using Rosud.Tenants;
using Rosud.Verdicts;

namespace Rosud.Runs;

/// <summary>Does what a <see cref="RunDrive"/> says: calls the channel's log and the supervisors, and gives it their answers and the time.</summary>
/// <remarks>Holds nothing durable while the run is open: an activation without a drive takes the run over by asking the channel. Spread over the silos by the hash of its key.</remarks>
[GrainType("rosud.run"), Reentrant, HashBasedPlacement, CollectionAgeLimit(Minutes = 2)]
internal sealed partial class RunGrain(
    IJournals journals,
    GrainsOf<IRunLog> logs,
    GrainsOf<ISupervisorDoor> doors,
    GrainsOf<INetworkGrain> networks,
    GrainsOf<IRunDriver> runs,
    GrainsOf<IShadowGrain> shadows,
    TimeProvider time,
    SupervisorIncarnations incarnations,
    CapabilityGroups groups,
    AgentUses uses,
    SiloDeaths deaths,
    ILogger<RunGrain> logger) : Grain, IRunGrain, IRunDriver
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<(string Step, int Attempt), List<TaskCompletionSource<SettleOutcome>>> _settles = [];
    private readonly Dictionary<long, TaskCompletionSource<SettleOutcome>> _publishes = [];
    private readonly Dictionary<long, TaskCompletionSource<AnswerOutcome>> _people = [];
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RunId? _id;
    private IRunLog? _log;
    private RunDrive? _drive;
    private ArchivedRun? _archived;
    private Task? _starting;
    private IGrainTimer? _timer;
    private long _tickets;
    private ContextVersion _missed;
    private bool _isStopped;

    private RunId Id => _id ??= RunId.FromKey(this.GetPrimaryKeyString());

    private IRunLog Log => _log ??= logs[Id.Channel.Key];

    private DateTimeOffset Now => time.GetUtcNow();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        deaths.Forget(this);
        if (!_isStopped && _drive is { Ended: null } drive) Log.LetGo(Id, drive.Epoch).Ignore();
        if (_storing) await ((Task)_stored).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public async Task Start(AcceptedRun accepted, ContextView context, TimeSpan timeLeft, IRunObserver? observer)
    {
        if (_left is not null) return;   // Sent again; the run is over.
        if (observer is not null) Observe(observer);
        var arrived = Now;
        await Once(() => Start(accepted, context, timeLeft, arrived));
    }

    public Task Resume() => EnsureDriven();

    public async Task<SettleOutcome> Settle(Settlement settlement)
    {
        await EnsureDriven();
        if (_isStopped) throw new UnknownOutcomeException("Another activation drives the run; repeat the call.");
        if (_drive is null)
        {
            if (settlement is { Kind: SettlementKind.Completed, Completion: { } completion }) await KeepLate(settlement.Assignment, completion);
            return new SettleOutcome.Refused(new(ProblemKind.Fenced, "The run has ended."));
        }

        var answer = new TaskCompletionSource<SettleOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var attempt = (settlement.Assignment.Step, settlement.Assignment.Attempt);
        if (!_settles.TryGetValue(attempt, out var waiting)) _settles[attempt] = waiting = [];
        waiting.Add(answer);
        var late = _drive.Late.Count;
        Do(drive => drive.Settle(settlement, Now));
        if (_drive is { IsFinished: true } ended && ended.Late.Count > late) Rearchive();
        return await answer.Task;
    }

    public Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes) =>
        Say((drive, ticket) => drive.Publish(ticket, assignment, writes, Now));

    public Task<SettleOutcome> Effect(AssignmentId assignment, EffectRequest request) =>
        Say((drive, ticket) => drive.Effect(ticket, assignment, request, Now));

    private async Task<SettleOutcome> Say(Action<RunDrive, long> what)
    {
        await EnsureDriven();
        if (_isStopped) throw new UnknownOutcomeException("Another activation drives the run; repeat the call.");
        if (_drive is null) return new SettleOutcome.Refused(new(ProblemKind.Fenced, "The run has ended."));
        var ticket = ++_tickets;
        var answer = _publishes[ticket] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Do(drive => what(drive, ticket));
        return await answer.Task;
    }

    public Task Progress(AttemptProgress progress)
    {
        Do(drive => drive.Progressed(progress, Now));
        return Task.CompletedTask;
    }

    public async Task Late(LateCompletion late)
    {
        await EnsureDriven();
        if (_drive is not { } drive) await KeepLate(late.Assignment, late.Completion);
        else if (drive.KeepLate(late.Assignment, late.Completion, Now) && drive.IsFinished) Rearchive();
    }

    // What comes to a run that was let go is kept with its archive.
    private async Task KeepLate(AssignmentId attempt, Completion completion)
    {
        try
        {
            if (_archived is not { } known || !LateResults.IsFor(known.Result.Attempts, known.AttemptsUpTo, attempt) || !await Log.Keeps(Id, known.Result.AcceptedAt)) return;
            if (_archived is not { } archived || LateResults.With(archived.Result.LateResults, attempt, completion, Now) is not { } late) return;
            _archived = archived with { Result = RunNumbers.With(archived.Result, late, archived.Prices) };
            Rearchive();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogLateLost(Id.Name, fault);
        }
    }

    public Task Changed(ContextVersion from, ContextVersion to, ImmutableArray<Change> changes)
    {
        if (_drive is null && to > _missed) _missed = to;   // Heard while the drive is being made.
        Do(drive => drive.Changed(from, to, changes, Now));
        return Task.CompletedTask;
    }

    public async Task Ended(RunEnd end)
    {
        await EnsureDriven();
        Do(drive => drive.ChannelEnded(end, Now));
    }

    public async Task<RunOutcome> Describe()
    {
        await EnsureShown();
        return await Visible();
    }

    public async Task<RunOutcome> Watch(IRunObserver observer)
    {
        await EnsureShown();
        Observe(observer);
        return await Visible();
    }

    public async Task<RunOutcome> Cancel()
    {
        await EnsureDriven();
        await End("It was canceled.");
        return await Visible();
    }

    public async Task<AnswerOutcome> Answer(GivenAnswer answer)
    {
        await EnsureDriven();
        if (_isStopped) throw new UnknownOutcomeException("Another activation drives the run; repeat the call.");
        if (_drive is null) return Answered(answer);
        var ticket = ++_tickets;
        var outcome = _people[ticket] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Do(drive => drive.Answer(ticket, answer, Now));
        return await outcome.Task;
    }

    // The run is over: what counted is in its archive.
    private AnswerOutcome Answered(GivenAnswer answer) => _archived?.Result.Questions.FirstOrDefault(known => known.Id == answer.Question) is { } question
        ? RunDrive.Outcome(question, answer, [])
        : new AnswerOutcome.Refused(new(ProblemKind.NotFound, _archived is null ? "There is no such run." : "The run has not asked this."), []);

    private async Task End(string why)
    {
        if (_drive is not { Ended: null } drive) return;
        var end = new EndRun(Id, 0, RunStatus.Canceled, why, drive.Unfinished(why, Now));
        var answer = await Log.End(end);
        Do(current => current.ChannelEnded(EndOf(end, answer), Now));
        await Finished();
    }

    public Task<RunState> GetState() => Task.FromResult(_drive is { } drive ? StateOf(drive)
        : _left ?? new RunState(Id.Name, _archived?.Result.Status ?? RunStatus.Submitted, 0, 0, 0, _archived?.Result.Attempts.Length ?? 0, _observers.Count));

    private RunState StateOf(RunDrive drive) =>
        new(Id.Name, RunNumbers.StatusOf(drive), drive.Epoch, drive.Steps.Count, drive.Steps.Count(step => step.Phase == StepPhase.Done), drive.Attempts.Count, _observers.Count);

    // A commit on its way may still belong to the result.
    private async Task Finished()
    {
        try
        {
            await _finished.Task.WaitAsync(RunCalls.Timeout, time);
        }
        catch (TimeoutException)
        {
            // The end is durable; what it leaves out comes with the result.
        }
    }

    private RunEnd EndOf(EndRun sent, StepAnswer answer) => answer switch
    {
        StepAnswer.Ended ended => ended.End,
        StepAnswer.Done { End: { } end } => end,
        StepAnswer.Done done => new(sent.Status, Now, done.Version, sent.Detail),
        _ => throw new UnknownOutcomeException("The channel did not say whether the run ended; ask again."),
    };

    private RunOutcome View() => _drive is { } drive ? new RunOutcome.Found(ResultOf(drive))
        : _archived is { Result: var result } ? new RunOutcome.Found(result)
        : new RunOutcome.Refused(new(ProblemKind.NotFound, "There is no such run."));

    // What a run that is over did is shown as long as its channel is there.
    private async Task<RunOutcome> Visible()
    {
        if (_drive is null && _archived is null) await EnsureDriven();   // It was let go since the caller looked.
        var seen = View();
        return seen is RunOutcome.Found { Result: { HasEnded: true } result } && !await Log.Keeps(Id, result.AcceptedAt) ? new RunOutcome.Found(RunNumbers.Bare(result)) : seen;
    }

    private async Task Start(AcceptedRun accepted, ContextView context, TimeSpan timeLeft, DateTimeOffset arrived)
    {
        var surroundings = Surroundings(accepted);
        _drive = RunDrive.Start(accepted, context, timeLeft - (Now - arrived), surroundings, Now);
        Opened(timeLeft);
    }

    // Whoever calls an activation without a drive brings the driver back.
    private Task EnsureDriven() => Once(TakeOver);

    // An end is shown when it is whole.
    private async Task EnsureShown()
    {
        await EnsureDriven();
        if (_drive is { IsFinished: true } && !_isStopped) await Finished();
    }

    // Calls that come while the drive is being made wait for it.
    private async Task Once(Func<Task> start)
    {
        if (_isStopped) throw new UnknownOutcomeException("Another activation drives the run; repeat the call.");
        if (_drive is not null || _archived is not null || _isForgotten) return;
        var starting = _starting ??= start();
        try
        {
            await starting;
        }
        finally
        {
            if (_starting == starting) _starting = null;
        }
    }

    private async Task TakeOver()
    {
        var asked = Now;
        switch (await Log.TakeDriver(Id))
        {
            case DriverAnswer.Taken taken:
                var surroundings = Surroundings(taken.Record.Accepted);
                _drive = RunDrive.TakeOver(taken.Record, taken.Context, taken.TimeLeft - (Now - asked), surroundings, Now);
                LogTakenOver(Id.Name, taken.Record.Epoch);
                Opened(taken.TimeLeft);
                break;
            case DriverAnswer.Gone:
                var archive = journals.OpenValue<ArchivedRun>(this.GetGrainId());
                await archive.Activate(CancellationToken.None);
                _archived = archive.Value;
                break;
        }
    }

    private DriveSurroundings Surroundings(AcceptedRun accepted) => new(incarnations, AcceptanceSchemas.Compile(accepted.Steps).Fault) { Groups = groups, Uses = uses };

    private void Opened(TimeSpan timeLeft)
    {
        DelayDeactivation((timeLeft > TimeSpan.Zero ? timeLeft : TimeSpan.Zero) + TimeSpan.FromMinutes(1));
        _timer = this.RegisterGrainTimer(_ => Tick(), new() { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true, KeepAlive = true });
        deaths.Watch(this, () => Do(drive => drive.SiloDied(Now)));
        Do(drive => drive.Changed(_missed, _missed, [], Now));
        if (_drive?.Accepted.Parent is { } parent) Repeat(() => LookUp(parent)).Ignore();
    }

    // Nothing of time or membership concerns the drive any more.
    private void Quiet()
    {
        _timer?.Dispose();
        _timer = null;
        deaths.Forget(this);
    }

    private Task Tick()
    {
        _ringsAt = DateTimeOffset.MaxValue;
        Do(drive => drive.Tick(Now));
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What came to run {Run} after its end could not be kept with it.")]
    private partial void LogLateLost(string run, Exception fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run} was taken over under epoch {Epoch}.")]
    private partial void LogTakenOver(string run, int epoch);
}
