using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>Something that several agents call, such as one model endpoint: their shared throttle, limit and breaker. A value.</summary>
internal sealed record Dependency
{
    private const int MembersMax = 1_000;
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    public static Dependency Fresh { get; } = new();

    public ImmutableDictionary<AgentId, Member> Members { get; private init; } = ImmutableDictionary<AgentId, Member>.Empty;

    /// <summary>Nobody is handed anything before this: one of them was throttled.</summary>
    public DateTimeOffset? HeldUntil { get; private init; }

    /// <summary>Assignments at work at once, over all of them; null while it is not throttled.</summary>
    public double? Limit { get; private init; }

    public Breaker Breaker { get; private init; } = Breaker.Fresh;

    /// <summary>An agent names this dependency, or says how much it has at work.</summary>
    public Dependency Join(AgentId agent, int maxConcurrency, int running, DateTimeOffset now)
    {
        var member = Members.GetValueOrDefault(agent) ?? new(0, 0, now, null);
        var room = Members.Count < MembersMax || Members.ContainsKey(agent) ? Members : Members.Remove(Members.MinBy(other => other.Value.HeardAt).Key);
        return this with { Members = room.SetItem(agent, member with { MaxConcurrency = maxConcurrency, Running = running, HeardAt = now }) };
    }

    public Dependency Leave(AgentId agent) => this with { Members = Members.Remove(agent) };

    /// <summary>One of them was told to come back later: all of them do. The limit halves, once for each time that they were let go on.</summary>
    public Dependency Throttled(TimeSpan retryAfter, DateTimeOffset now)
    {
        var until = now + retryAfter;
        var inFlight = Math.Max(1, Members.Values.Sum(member => member.Running));
        var limit = now < HeldUntil ? Limit : Math.Max(1, Math.Min(Limit ?? inFlight, inFlight) / 2);
        return this with { HeldUntil = until > HeldUntil || HeldUntil is null ? until : HeldUntil, Limit = limit };
    }

    /// <summary>Counts how an attempt went. It opens only when more than one agent fails: what one agent does alone is its own breaker's matter.</summary>
    public Dependency Record(AssignmentId attempt, CallOutcome call, double threshold, DateTimeOffset now, BreakerOptions options, double jitter)
    {
        var next = this;
        if (call is CallOutcome.Failed && Members.TryGetValue(attempt.Agent, out var failing))
        {
            next = next with { Members = Members.SetItem(attempt.Agent, failing with { FailedAt = now }) };
        }

        if (call is CallOutcome.Succeeded or CallOutcome.Slow) next = next.Recovering();
        var isShared = next.Members.Count < 2 || next.Members.Values.Count(member => member.FailedAt + options.Window > now) > 1;
        return next with { Breaker = Breaker.Record(attempt, call, threshold, now, options, jitter, mayOpen: isShared) };
    }

    public (Dependency Next, TimeSpan? RetryAfter) Probe(AssignmentId attempt, DateTimeOffset now, BreakerOptions options, double jitter)
    {
        var (breaker, retryAfter) = Breaker.Admit(attempt, _ => true, now, options, jitter);
        return (this with { Breaker = breaker }, retryAfter);
    }

    /// <summary>An operator starts anew.</summary>
    public Dependency Reset() => this with { Breaker = Breaker.Fresh, HeldUntil = null, Limit = null };

    public static Dependency Restore(BreakerRecord? record, DateTimeOffset now, BreakerOptions options) =>
        record is null ? Fresh : Fresh with { Breaker = Breaker.Restore(record, now, options) };

    /// <summary>What each agent has to know; the same for all of them, in times from now.</summary>
    public DependencyState State(DateTimeOffset now)
    {
        var busy = Math.Max(1, Members.Values.Count(member => member.Running > 0 || member.HeardAt + Quiet > now));
        return new(
            Breaker.State,
            Breaker.RetryAt - now,
            HeldUntil > now ? HeldUntil - now : null,
            Limit is { } limit ? Math.Max(1, (int)(limit / busy)) : null);
    }

    // As slowly as it was fast to shrink: one more for each round of answers, until it is no limit any more.
    private Dependency Recovering()
    {
        if (Limit is not { } limit) return this;
        var grown = limit + (1 / limit);
        return this with { Limit = grown >= Members.Values.Sum(member => member.MaxConcurrency) ? null : grown };
    }

    /// <summary>An agent that names the dependency.</summary>
    internal sealed record Member(int MaxConcurrency, int Running, DateTimeOffset HeardAt, DateTimeOffset? FailedAt);
}

/// <summary>A dependency as its agents' supervisors know it. Times count from when this is sent.</summary>
/// <param name="Breaker">What its breaker does with calls.</param>
/// <param name="RetryAfter">Until the first probe, when it is open.</param>
/// <param name="HeldFor">For how long nothing is handed out; null for not at all.</param>
/// <param name="Share">How many each agent may have at work; null for as many as it likes.</param>
[GenerateSerializer, Immutable, Alias("rosud.dependency-state")]
internal sealed record DependencyState(
    [property: Id(0)] BreakerStateKind Breaker,
    [property: Id(1)] TimeSpan? RetryAfter,
    [property: Id(2)] TimeSpan? HeldFor,
    [property: Id(3)] int? Share);
