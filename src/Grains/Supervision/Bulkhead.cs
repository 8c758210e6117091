using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>Permits and queue of one agent: a value. Permits are a set of attempts that end by themselves, never a counter.</summary>
internal sealed record Bulkhead(int MaxConcurrency, int QueueLimit)
{
    public ImmutableDictionary<AssignmentId, Permit> Permits { get; private init; } = ImmutableDictionary<AssignmentId, Permit>.Empty;

    public ImmutableSortedSet<Waiting> Queue { get; private init; } = ImmutableSortedSet.Create<Waiting>(QueueOrder.Instance);

    private ImmutableDictionary<AssignmentId, Waiting> Queued { get; init; } = ImmutableDictionary<AssignmentId, Waiting>.Empty;

    private ImmutableHashSet<AssignmentId> Unlimited { get; init; } = [];

    // When time ends each permit and each wait, earliest first: the owner needs one timer.
    private ImmutableSortedSet<(DateTimeOffset At, AssignmentId Attempt)> Agenda { get; init; } = ImmutableSortedSet.Create<(DateTimeOffset, AssignmentId)>(AgendaOrder);

    /// <summary>Permits that may still be given; never below 0, also while attempts taken back make more than allowed.</summary>
    public int Room => Math.Max(0, MaxConcurrency - (Permits.Count - Unlimited.Count));

    /// <summary>Attempts that wait although there is room go to the next worker at once: only the rest really wait.</summary>
    public int Behind => Math.Max(0, Queue.Count - Room);

    public DateTimeOffset? NextEnd => Agenda.IsEmpty ? null : Agenda.Min.At;

    public bool IsIdle => Permits.IsEmpty && Queue.IsEmpty;

    public Permit? PermitOf(AssignmentId attempt) => Permits.GetValueOrDefault(attempt);

    public Waiting? WaitingOf(AssignmentId attempt) => Queued.GetValueOrDefault(attempt);

    /// <summary>Whether one more may join: the queue has a place, or somebody could start at once.</summary>
    public bool HasPlace(Waiting waiting) => waiting.Unlimited || Queue.Count < (long)QueueLimit + Room;

    public Bulkhead Enqueue(Waiting waiting) => this with
    {
        Queue = Queue.Add(waiting),
        Queued = Queued.Add(waiting.Assignment, waiting),
        Agenda = Agenda.Add((waiting.RunEndsAt, waiting.Assignment)),
    };

    /// <summary>The first that may start now; null when none waits or there is no room.</summary>
    public Waiting? Next => !Queue.IsEmpty && Queue.Min is { } first && (Room > 0 || first.Unlimited) ? first : null;

    /// <summary>Gives <see cref="Next"/> its permit.</summary>
    public (Bulkhead After, Permit Permit) Start(Waiting next, TimeSpan? lease, DateTimeOffset now) => Leave(next.Assignment).HandOut(next, lease, now);

    /// <summary>The same as to enqueue it and to start it, when nobody waits and there is room; no permit when it has to wait for its turn.</summary>
    public (Bulkhead After, Permit? Permit) StartAtOnce(Waiting arrival, TimeSpan? lease, DateTimeOffset now) =>
        Queue.IsEmpty && Room > 0 ? HandOut(arrival, lease, now) : (this, null);

    /// <summary>Takes back an attempt that a worker has and that no permit is known for, whether or not there is room.</summary>
    public Bulkhead TakeBack(Permit permit) => Permits.ContainsKey(permit.Assignment) ? this : With(permit);

    public Bulkhead Renew(AssignmentId attempt, DateTimeOffset now) =>
        PermitOf(attempt) is { } permit ? Free(attempt).With(permit.Renewed(now)) with { Unlimited = Unlimited } : this;

    /// <summary>Changes something of a permit that neither its end nor its place hangs on.</summary>
    public Bulkhead Update(AssignmentId attempt, Func<Permit, Permit> change) =>
        PermitOf(attempt) is { } permit ? this with { Permits = Permits.SetItem(attempt, change(permit)) } : this;

    public Bulkhead Free(AssignmentId attempt) => PermitOf(attempt) is { } permit
        ? this with
        {
            Permits = Permits.Remove(attempt),
            Unlimited = Unlimited.Remove(attempt),
            Agenda = Agenda.Remove((permit.EndsAt, attempt)),
        }
        : this;

    public Bulkhead Leave(AssignmentId attempt) => WaitingOf(attempt) is { } waiting
        ? this with
        {
            Queue = Queue.Remove(waiting),
            Queued = Queued.Remove(attempt),
            Agenda = Agenda.Remove((waiting.RunEndsAt, attempt)),
        }
        : this;

    /// <summary>An attempt whose lease, deadline or run's time is over; null when there is none.</summary>
    public AssignmentId? Over(DateTimeOffset now) => !Agenda.IsEmpty && Agenda.Min.At <= now ? Agenda.Min.Attempt : null;

    private (Bulkhead After, Permit Permit) HandOut(Waiting next, TimeSpan? lease, DateTimeOffset now)
    {
        var permit = Permit.HandOut(next, lease, now);
        var after = With(permit);
        return (permit.Unlimited ? after with { Unlimited = Unlimited.Add(permit.Assignment) } : after, permit);
    }

    private Bulkhead With(Permit permit) => this with
    {
        Permits = Permits.Add(permit.Assignment, permit),
        Agenda = Agenda.Add((permit.EndsAt, permit.Assignment)),
    };

    private static Comparer<(DateTimeOffset At, AssignmentId Attempt)> AgendaOrder { get; } =
        Comparer<(DateTimeOffset At, AssignmentId Attempt)>.Create((x, y) =>
            x.At.CompareTo(y.At) is not 0 and var order ? order : AttemptOrder.Instance.Compare(x.Attempt, y.Attempt));
}
