using Rosud.Agents;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;

namespace Rosud.Supervision;

/// <summary>An attempt that waits for room, or for a worker that takes it.</summary>
internal sealed record Waiting(AdmitRequest Request, DateTimeOffset AdmittedAt)
{
    public AssignmentId Assignment => Request.Assignment;

    /// <summary>When the run's time is over: nothing waits longer.</summary>
    public DateTimeOffset RunEndsAt { get; } = AdmittedAt + Request.TimeLeft;

    /// <summary>Not held back by permits: its network only counts.</summary>
    public bool Unlimited => Request.Isolation is IsolationKind.None;
}

/// <summary>The order of the queue: what is not limited, then by priority, then by when the run was accepted.</summary>
internal sealed class QueueOrder : IComparer<Waiting>
{
    public static QueueOrder Instance { get; } = new();

    public int Compare(Waiting? x, Waiting? y)
    {
        var (a, b) = (x!.Request, y!.Request);
        var order = y.Unlimited.CompareTo(x.Unlimited);
        if (order == 0) order = a.Priority.CompareTo(b.Priority);
        if (order == 0) order = a.AcceptedAt.CompareTo(b.AcceptedAt);
        return order != 0 ? order : AttemptOrder.Instance.Compare(a.Assignment, b.Assignment);
    }
}

/// <summary>Any fixed order of attempts, for sets.</summary>
internal sealed class AttemptOrder : IComparer<AssignmentId>
{
    public static AttemptOrder Instance { get; } = new();

    public int Compare(AssignmentId x, AssignmentId y)
    {
        var order = string.CompareOrdinal(x.Run.Name, y.Run.Name);
        if (order == 0) order = string.CompareOrdinal(x.Step, y.Step);
        return order != 0 ? order : x.Attempt.CompareTo(y.Attempt);
    }
}

/// <summary>An attempt at work: its lease and its deadline, whichever ends first.</summary>
internal sealed record Permit
{
    /// <summary>How long a lease may go on after the deadline: an answer at the last moment still finds its attempt.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public required AssignmentId Assignment { get; init; }

    public required DateTimeOffset Deadline { get; init; }

    /// <summary>How long the worker may be silent; null when its silence ends only with the deadline.</summary>
    public required TimeSpan? Lease { get; init; }

    public DateTimeOffset LeaseUntil { get; private init; }

    /// <summary>Null when it was taken back from a worker that a lost supervisor had handed it to.</summary>
    public Waiting? Admitted { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>What has changed since of what the attempt was handed, for an agent that can take it in.</summary>
    public ChangedContext? Changed { get; init; }

    /// <summary>A heartbeat has carried it.</summary>
    public bool IsTold { get; init; }

    /// <summary>What it was handed: as its worker says, when only a lost supervisor had known it.</summary>
    public ContextVersion ReadVersion => Admitted?.Request.Context.Version ?? Assignment.Handed;

    public string? Network => Admitted?.Request.Network;

    public bool Unlimited => Admitted?.Unlimited ?? false;

    /// <summary>When time alone ends it.</summary>
    public DateTimeOffset EndsAt => LeaseUntil < Deadline ? LeaseUntil : Deadline;

    public bool TimedOut(DateTimeOffset now) => Deadline <= now;

    /// <summary>Whether it has had its time all but a moment: the end of its run comes from elsewhere and may be told just before the deadline.</summary>
    public bool HadItsTime(DateTimeOffset now) => Deadline - now <= Moment;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Whether it had time enough for its agent to be at fault when the deadline ends it: its whole limit, or twice what the agent's answers take, or
    /// at least as long as it had waited, unless that is less than an answer takes. Who waited until its run had hardly any time left says nothing about the agent.
    /// </summary>
    /// <param name="median">What the agent's last answers took, in the middle; null when there are too few.</param>
    public bool WasGivenEnough(TimeSpan? median) => Admitted is not { } admitted || StartedAt is not { } startedAt
        || Deadline - startedAt is var given && (given >= admitted.Request.Timeout
            || (median is { } usual && given >= usual * 2)
            || (given >= startedAt - admitted.AdmittedAt && !(given < median)));

    public Permit Renewed(DateTimeOffset now)
    {
        var longest = Deadline + Grace;
        return this with { LeaseUntil = Lease is { } lease && now + lease < longest ? now + lease : longest };
    }

    public static Permit HandOut(Waiting waiting, TimeSpan? lease, DateTimeOffset now)
    {
        var limit = now + waiting.Request.Timeout;
        return new Permit
        {
            Assignment = waiting.Assignment,
            Deadline = limit < waiting.RunEndsAt ? limit : waiting.RunEndsAt,
            Lease = lease,
            Admitted = waiting,
            StartedAt = now,
        }.Renewed(now);
    }

    public static Permit TakeBack(AssignmentId assignment, TimeSpan timeout, TimeSpan lease, DateTimeOffset now) =>
        new Permit { Assignment = assignment, Deadline = now + timeout, Lease = lease }.Renewed(now);

    public Assignment ToAssignment(DateTimeOffset now)
    {
        var request = Admitted!.Request;
        return new()
        {
            Id = Assignment with { Handed = request.Context.Version },
            Goal = request.Goal,
            Input = request.Input,
            Deadline = Deadline,
            TimeLeft = Deadline - now,
            LeaseUntil = EndsAt,
            Context = request.Context,
            Changed = request.Changed,
            IdempotencyKey = request.IdempotencyKey,
            TraceParent = request.TraceParent,
            Answers = request.Answers,
            Proposed = request.Proposed,
            Feedback = request.Feedback,
            Shadow = request.Shadow,
        };
    }

    public Settlement Settlement(SettlementKind kind, DateTimeOffset now) => new()
    {
        Assignment = Assignment,
        Kind = kind,
        AdmittedAt = Admitted?.AdmittedAt,
        StartedAt = StartedAt,
        EndedAt = now,
        ReadVersion = ReadVersion,
    };
}
