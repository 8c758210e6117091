using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>Judges what a step wants to write; null when it is acceptable, else why not.</summary>
internal delegate string? AcceptanceTest(PlannedStep step, ImmutableArray<ContextWrite> writes);

/// <summary>
/// Drives one run, as PROTOCOL-runs §3 to §5 say: takes what happened, with the time, and says what to do. A value in the sense that it knows no grain,
/// clock, storage or task; all of it may be lost at any moment, because the channel's log knows enough to start another.
/// </summary>
internal sealed partial class RunDrive
{
    public static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(10);
    private const int DeferralsMax = 10;
    private const int FailuresMax = 3;
    private static readonly TimeSpan DeferralDefault = TimeSpan.FromSeconds(1);

    private readonly AcceptedRun _accepted;
    private readonly int _epoch;
    private readonly DateTimeOffset _deadline;
    private readonly StepGraph _graph;
    private readonly StepState[] _steps;
    private readonly Dictionary<string, StepState> _byId;
    private readonly int[] _ranks;
    private readonly bool[] _alike;
    private readonly RunReplica _replica;
    private readonly KeyPolicies _thresholds;
    private readonly RunTimeline _timeline;
    private readonly RunBudget _budget;
    private readonly IDictionary<AgentId, long> _incarnations;
    private readonly CapabilityGroups _groups;
    private readonly AcceptanceTest _acceptance;
    private readonly OutputSchemas _outputSchemas;
    private readonly List<DriveAction> _actions = [];
    private readonly List<AttemptView> _attempts = [];
    private readonly SortedDictionary<ContextKey, JsonValue> _outputs = [];
    private int _charged;
    private bool _refreshing;
    private DateTimeOffset _nextWatch;
    private (RunStatus Status, string Reason)? _cause;

    private RunDrive(AcceptedRun accepted, int epoch, ContextView context, DateTimeOffset deadline, DriveSurroundings surroundings, DateTimeOffset now)
    {
        _accepted = accepted;
        _epoch = epoch;
        _deadline = deadline;
        _graph = StepGraph.Of(accepted.Steps);
        _steps = [.. accepted.Steps.Select((step, i) => new StepState(step, i))];
        foreach (var step in _steps) step.Judges = JudgesOf(step);
        _judges = [.. _steps.SelectMany(step => step.Judges)];
        _byId = Everyone.ToDictionary(step => step.Plan.Id, StringComparer.Ordinal);
        _ranks = accepted.Execution switch
        {
            Networks.ExecutionKind.Sequential => [.. Enumerable.Range(0, _steps.Length)],
            Networks.ExecutionKind.Parallel => _graph.Levels(),
            _ => new int[_steps.Length],
        };
        _alike = WorkHash.Alike(accepted.Steps);
        _replica = new(accepted.Interest);
        _replica.Load(context);
        _thresholds = KeyPolicies.Of(new() { Keys = accepted.KeyThresholds.IsDefault ? [] : accepted.KeyThresholds });
        _timeline = new(accepted.AcceptedAt, _steps.Length);
        _budget = new(accepted.Limit ?? accepted.Task.Budget, accepted.Prices, accepted.Run.Tenant, surroundings.Uses, accepted.Maxima);
        _incarnations = surroundings.Incarnations;
        _groups = surroundings.Groups;
        _acceptance = surroundings.Acceptance;
        _outputSchemas = new(accepted.OutputSchemas);
        _nextWatch = now + Jittered(0);
        _timeline.Add(accepted.AcceptedAt, "accepted", version: accepted.VersionStart);
    }

    public AcceptedRun Accepted => _accepted;

    public int Epoch => _epoch;

    /// <summary>How the run ended; null while it is open.</summary>
    public RunEnd? Ended { get; private set; }

    /// <summary>Another driver took over.</summary>
    public bool IsStopped { get; private set; }

    public IReadOnlyList<StepState> Steps => _steps;

    public StepGraph Graph => _graph;

    public RunTimeline Timeline => _timeline;

    /// <summary>Attempts that ended, in the order in which they did.</summary>
    public IReadOnlyList<AttemptView> Attempts => _attempts;

    /// <summary>Wanted keys and values that were accepted.</summary>
    public IReadOnlyDictionary<ContextKey, JsonValue> Outputs => _outputs;

    /// <summary>The newest version this driver knows of.</summary>
    public ContextVersion Version { get; private set; }

    public RunBudget Budget => _budget;

    /// <summary>When <see cref="Tick"/> is due next; null after the end.</summary>
    public DateTimeOffset? WakeAt => Ended is not null || IsStopped || _ending is not null ? null : NextWake();

    /// <summary>Drives a run that was just accepted.</summary>
    public static RunDrive Start(AcceptedRun accepted, ContextView context, TimeSpan timeLeft, DriveSurroundings surroundings, DateTimeOffset now)
    {
        var drive = new RunDrive(accepted, 1, context, now + timeLeft, surroundings, now) { Version = context.Version };
        drive.Advance(now);
        return drive;
    }

    /// <summary>Drives a run that another driver has lost, or shows one that has ended.</summary>
    public static RunDrive TakeOver(RunRecord record, ContextView context, TimeSpan timeLeft, DriveSurroundings surroundings, DateTimeOffset now)
    {
        var drive = new RunDrive(record.Accepted, record.Epoch, context, now + timeLeft, surroundings, now) { Version = context.Version };
        drive.Restore(record, now);
        drive.Advance(now);
        return drive;
    }

    /// <summary>What to do now. Each action is given out once.</summary>
    public ImmutableArray<DriveAction> Drain()
    {
        var actions = _actions.ToImmutableArray();
        _actions.Clear();
        return actions;
    }

    /// <summary>Time has passed: <see cref="WakeAt"/> was reached, or earlier.</summary>
    public void Tick(DateTimeOffset now)
    {
        if (Ended is not null || IsStopped || _ending is not null) return;
        if (now >= _deadline) EndRun(RunStatus.DeadlineExceeded, "The deadline came first.", now);
        if (now >= _nextWatch)
        {
            _nextWatch = now + Jittered(now.Ticks);
            foreach (var step in Everyone)
            {
                if (step.Phase == StepPhase.Requested) Ask(step);
                if (step.Phase == StepPhase.Held) TryCommit(step, now);
            }
        }

        AskAgain(now);
        foreach (var step in Everyone)
        {
            if (step.Phase == StepPhase.Waiting && step.NotBefore <= now) step.NotBefore = default;   // What holds it back now, if anything, comes as an answer.
        }

        Advance(now);
    }

    /// <summary>A silo has died, and with it perhaps supervisors that have attempts of this run.</summary>
    public void SiloDied(DateTimeOffset now)
    {
        if (Ended is not null || IsStopped) return;
        foreach (var step in Everyone)
        {
            if (step.Phase == StepPhase.Requested) Ask(step);
        }

        Advance(now);
    }

    private AgentId AgentOf(StepState step) => new(_accepted.Run.Tenant, step.Agent);

    private AssignmentId AssignmentOf(StepState step) => new(AgentOf(step), _accepted.Run, step.Plan.Id, step.Attempt);

    // Spreads the watch timers of many runs; the same run and moment always give the same interval.
    private TimeSpan Jittered(long salt)
    {
        var hash = 2166136261u;
        foreach (var c in _accepted.Run.Name) hash = (hash ^ c) * 16777619u;
        hash = (hash ^ (uint)(salt ^ (salt >> 32))) * 16777619u;
        return WatchInterval * (0.8 + ((hash >> 8) % 4096 / 10240.0));
    }

    private DateTimeOffset NextWake()
    {
        var wake = _deadline < _nextWatch ? _deadline : _nextWatch;
        foreach (var step in Everyone)
        {
            if (step.Phase == StepPhase.Waiting && step.NotBefore != default && step.NotBefore < wake) wake = step.NotBefore;
            if (QuestionWakes(step) is { } look && look < wake) wake = look;
            if (!_replica.HasGap && TellAt(step) is { } tell && tell < wake) wake = tell;
        }

        foreach (var query in _queries.Values)
        {
            if (query.AskAt is { } ask && ask < wake) wake = ask;
        }

        return wake;
    }

    private void Act(DriveAction action)
    {
        if (action is DriveAction.Commit or DriveAction.Publish or DriveAction.Begin) _recordsOut++;
        if (action is DriveAction.Admit { Request.Assignment.Step: var admitted }) Admitting(_byId[admitted]);
        _actions.Add(action);
    }
}

/// <summary>What a drive shares with its surroundings: the supervisor incarnations that this silo knows, and the test of a step's writes.</summary>
internal sealed record DriveSurroundings(IDictionary<AgentId, long> Incarnations, AcceptanceTest Acceptance)
{
    public CapabilityGroups Groups { get; init; } = new();

    public AgentUses Uses { get; init; } = new();
}
