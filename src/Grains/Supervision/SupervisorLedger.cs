using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>All that a supervisor knows of attempts, and the rules of PROTOCOL-runs §3 for them. A value, of one thread; nothing in it is durable.</summary>
/// <param name="Agent">Whose attempts.</param>
/// <param name="Incarnation">This activation, at random: messages meant for another one bounce.</param>
/// <param name="Since">When this activation began.</param>
internal sealed partial record SupervisorLedger(AgentId Agent, long Incarnation, DateTimeOffset Since)
{
    private const long KeptBytesMax = 64L * 1024 * 1024;
    private const int KeptMax = 10_000;
    private const int VisitsMax = 32;   // With each admission and each end of a run; as a rule one is due.

    /// <summary>How long workers of a lost supervisor have to say that they are alive before their attempts count as lost.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(10);

    public Bulkhead Bulkhead { get; private init; } = new(0, 0);

    public ImmutableDictionary<AssignmentId, Kept> Kept { get; private init; } = ImmutableDictionary<AssignmentId, Kept>.Empty;

    /// <summary>What is remembered of each run; many, and small.</summary>
    public LatestMap<RunId, RunMarks> Runs { get; private init; } = LatestMap<RunId, RunMarks>.Create();

    /// <summary>No hand-out before this: the agent asked for it.</summary>
    public DateTimeOffset? HeldUntil { get; private init; }

    /// <summary>What the agent's last answers took, in the middle; null before there are five.</summary>
    public TimeSpan? MedianService => Service.Median;

    private ServiceTimes Service { get; init; } = ServiceTimes.None;

    private RecentAttempts<Ending> Endings { get; init; } = new(1_024);

    // When each remembered run is looked at again, in order.
    private Window<Visit> Visits { get; init; } = Window<Visit>.Empty;

    private long KeptBytes { get; init; }

    public bool IsIdle => Bulkhead.IsIdle && Kept.IsEmpty;

    /// <summary>When time alone changes something.</summary>
    public DateTimeOffset? NextEnd => (Bulkhead.NextEnd, Bulkhead.Queue.IsEmpty ? null : HeldUntil) switch
    {
        ({ } end, { } held) => end < held ? end : held,
        var (end, held) => end ?? held,
    };

    /// <param name="spec">The agent's own limits.</param>
    /// <param name="share">What a throttled dependency leaves to this agent; null for as much as it likes.</param>
    public SupervisorLedger WithLimits(AgentSpec spec, int? share = null) => this with
    {
        Bulkhead = Bulkhead with { MaxConcurrency = Math.Min(spec.MaxConcurrency, share ?? spec.MaxConcurrency), QueueLimit = spec.QueueLimit },
    };

    /// <summary>Nothing is handed out before <paramref name="until"/>.</summary>
    public SupervisorLedger Hold(DateTimeOffset until) => until > HeldUntil || HeldUntil is null ? this with { HeldUntil = until } : this;

    /// <summary>The channels whose runs were here last, latest first.</summary>
    public IEnumerable<ChannelId> ChannelsOfRuns(int limit) =>
        Runs.OrderByDescending(run => run.Value.KeepUntil).Select(run => run.Key.Channel).Distinct().Take(limit);

    /// <summary>The first rules for an admission: is it for us, is it new. A null answer means yes; the attempt before it has ended then.</summary>
    public (SupervisorLedger Next, AdmitAnswer? Answer, AssignmentId? Stopped) Screen(AdmitRequest request, DateTimeOffset now)
    {
        var (id, marks) = (request.Assignment, MarksOf(request.Assignment.Run, now));
        if (request.Incarnation != Incarnation) return (this, new AdmitAnswer.Bounced(Incarnation), null);
        if (request.Epoch < marks.Epoch) return (this, new AdmitAnswer.Ignored(), null);
        marks = marks.Heard(request.Epoch, now + request.TimeLeft);
        var visited = Visited(now);
        if (marks.IsFenced(id.Step, id.Attempt) || marks.HasSeen(id.Step, id.Attempt)) return (visited.With(id.Run, marks, now), new AdmitAnswer.Ignored(), null);
        var before = id with { Attempt = marks[id.Step].Seen };
        var next = visited.With(id.Run, marks.Bury(id.Step, id.Attempt - 1), now).Fence(before, new(Superseded: true, Cancelled: false));
        return (next, null, Bulkhead.PermitOf(before) is null ? null : before);
    }

    /// <summary>Why there is no room for a request; null when there is.</summary>
    public Problem? Overload(AdmitRequest request, DateTimeOffset now)
    {
        var waiting = new Waiting(request, now);
        var turn = Service.Median is { } median ? median / Math.Max(1, Bulkhead.MaxConcurrency) : (TimeSpan?)null;
        if (!Bulkhead.HasPlace(waiting)) return Overloaded("The agent's queue is full.", Later(turn ?? TimeSpan.FromSeconds(1), request));
        if (waiting.Unlimited) return null;
        if (turn * Bulkhead.Behind > request.TimeLeft) return Overloaded("The agent's queue takes longer than the time left.", Later(turn!.Value, request));
        return HeldUntil - now is { } held && held > request.TimeLeft
            ? new(ProblemKind.Overloaded, "The agent is throttled for longer than the time left.") { RetryAfter = held }
            : null;
    }

    public SupervisorLedger Enqueue(AdmitRequest request, DateTimeOffset now)
    {
        var id = request.Assignment;
        var next = With(id.Run, MarksOf(id.Run, now).See(id.Step, id.Attempt), now);
        return next with { Bulkhead = next.Bulkhead.Enqueue(new(request, now)) };
    }

    /// <summary>Starts an attempt that nobody is in front of; no permit when it has to be enqueued.</summary>
    public (SupervisorLedger Next, Permit? Started) StartAtOnce(AdmitRequest request, TimeSpan? lease, DateTimeOffset now)
    {
        if (now < HeldUntil) return (this, null);
        var (after, permit) = Bulkhead.StartAtOnce(new(request, now), lease, now);
        if (permit is null) return (this, null);
        var id = request.Assignment;
        return (With(id.Run, MarksOf(id.Run, now).See(id.Step, id.Attempt), now) with { Bulkhead = after }, permit);
    }

    /// <summary>Starts the first that may start now, if there is one.</summary>
    public (SupervisorLedger Next, Permit? Started) HandOutNext(TimeSpan? lease, DateTimeOffset now)
    {
        if (now < HeldUntil || Bulkhead.Next is not { } next) return (this, null);
        var (after, permit) = Bulkhead.Start(next, lease, now);
        return (this with { Bulkhead = after }, permit);
    }

    /// <summary>Answers a run that has heard nothing of an attempt for long.</summary>
    /// <param name="takenBack">Whether workers of an earlier incarnation can still come back (a pull agent's).</param>
    public (SupervisorLedger Next, AskAnswer Answer) Ask(RunId run, int epoch, string step, int attempt, long incarnation, bool takenBack, DateTimeOffset now)
    {
        var marks = MarksOf(run, now);
        var id = new AssignmentId(Agent, run, step, attempt);
        if (epoch < marks.Epoch) return (this, AskAnswer.Known);   // An old driver: nothing that it may act on.
        marks = marks.Heard(epoch, now);
        var next = With(run, marks, now);
        if (IsAlive(id)) return (next, AskAnswer.Known);
        if (incarnation == 0 && !marks.IsFenced(step, attempt)) return (next, AskAnswer.NeverSeen);
        if (incarnation == Incarnation && !marks.HasSeen(step, attempt) && !marks.IsFenced(step, attempt)) return (next, AskAnswer.NeverSeen);
        if (incarnation == Incarnation) return (next.With(run, marks.Bury(step, attempt), now), AskAnswer.LostHere);
        return takenBack && UntilHeard(now) is not null
            ? (next, AskAnswer.Known)
            : (next.With(run, marks.Bury(step, attempt), now), AskAnswer.Lost);
    }

    /// <summary>Answers a recovered driver; older ones are fenced from now on.</summary>
    /// <param name="takenBack">Whether workers of an earlier incarnation can still come back (a pull agent's).</param>
    public (SupervisorLedger Next, QueryAnswer Answer) Query(RunId run, int epoch, bool takenBack, DateTimeOffset now)
    {
        var marks = MarksOf(run, now);
        if (epoch < marks.Epoch) return (this, new(Incarnation, []));
        marks = marks.Heard(epoch, now);
        var live = marks.Steps.Where(step => !marks.IsFenced(step.Step, step.Seen))
            .Select(step => LiveOf(new(Agent, run, step.Step, step.Seen)))
            .OfType<LiveAttempt>();
        return (With(run, marks, now), new(Incarnation, [.. live]) { Wait = takenBack ? UntilHeard(now) : null });
    }

    /// <summary>The run is over: everything of it leaves. Answers the attempts whose workers have to be told.</summary>
    public (SupervisorLedger Next, ImmutableArray<AssignmentId> Stopped) Cancel(RunId run, int epoch, DateTimeOffset now)
    {
        var marks = MarksOf(run, now);
        if (epoch < marks.Epoch) return (this, []);
        var attempts = marks.Steps.Select(step => new AssignmentId(Agent, run, step.Step, step.Seen)).ToImmutableArray();
        var next = attempts.Aggregate(Visited(now), (ledger, id) => ledger.Fence(id, new(Superseded: false, Cancelled: true)).Drop(id));
        marks = marks.Heard(epoch, now) with { Cancelled = true, KeepUntil = now + RunMarks.Quiet };
        return (next.With(run, marks, now), [.. attempts.Where(id => Bulkhead.PermitOf(id) is not null)]);
    }

    /// <summary>A running attempt is no longer wanted. True when its worker has to be told.</summary>
    public (SupervisorLedger Next, bool Stopped) Supersede(AssignmentId id, int epoch, DateTimeOffset now)
    {
        var marks = MarksOf(id.Run, now);
        if (epoch < marks.Epoch || IsKept(id)) return (this, false);
        return (With(id.Run, marks.Heard(epoch, now), now).Fence(id, new(Superseded: true, Cancelled: false)), Bulkhead.PermitOf(id) is not null);
    }

    /// <summary>What an attempt was handed has changed, and its agent can take that in. True when its worker has to be told; an attempt that waits is handed it at once.</summary>
    public (SupervisorLedger Next, bool IsAtWork) Rebase(AssignmentId id, int epoch, ChangedContext changed, DateTimeOffset now)
    {
        var marks = MarksOf(id.Run, now);
        if (epoch < marks.Epoch || IsKept(id)) return (this, false);
        if (Bulkhead.WaitingOf(id) is { } waiting)
        {
            var request = waiting.Request with { Context = changed.Context.Version > waiting.Request.Context.Version ? changed.Into(waiting.Request.Context) : waiting.Request.Context };
            return (this with { Bulkhead = Bulkhead.Leave(id).Enqueue(waiting with { Request = request }) }, false);
        }

        if (Bulkhead.PermitOf(id) is not { } permit || permit.Changed?.Context.Version >= changed.Context.Version) return (this, false);
        return (this with { Bulkhead = Bulkhead.Update(id, known => known with { Changed = changed, IsTold = false }) }, true);
    }

    /// <summary>A heartbeat has carried what changed.</summary>
    public SupervisorLedger Told(AssignmentId id) =>
        Bulkhead.PermitOf(id) is { Changed: not null, IsTold: false } ? this with { Bulkhead = Bulkhead.Update(id, known => known with { IsTold = true }) } : this;

    // Null when workers of an earlier incarnation have had the time to say that they are alive.
    private TimeSpan? UntilHeard(DateTimeOffset now) => Since + HeartbeatInterval - now is var left && left > TimeSpan.Zero ? left : null;

    private LiveAttempt? LiveOf(AssignmentId id) => (Bulkhead.PermitOf(id), Bulkhead.WaitingOf(id), Kept.GetValueOrDefault(id)) switch
    {
        ({ } permit, _, _) => new(id.Step, id.Attempt, permit.ReadVersion, permit.StartedAt),
        (_, { } waiting, _) => new(id.Step, id.Attempt, waiting.Request.Context.Version, null),
        (_, _, { Settlement: var kept }) => new(id.Step, id.Attempt, kept.ReadVersion, kept.StartedAt),
        _ => null,
    };

    // When about half of those who wait have gone, and not all who were refused at the same moment: else the refused would be the load.
    private TimeSpan Later(TimeSpan turn, AdmitRequest request) =>
        turn * Math.Max(1, Bulkhead.Behind / 2) * (0.75 + ((uint)request.Assignment.GetHashCode() % 1_024 / 2_048.0));

    private static Problem Overloaded(string detail, TimeSpan retryAfter) =>
        new(ProblemKind.Overloaded, detail) { RetryAfter = retryAfter > MinRetryAfter ? retryAfter : MinRetryAfter };

    private static readonly TimeSpan MinRetryAfter = TimeSpan.FromMilliseconds(50);
}
