using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>Stops work for an agent that keeps failing, and tries it again with a few probes. SEMANTICS S2, S5. A value.</summary>
internal sealed record Breaker
{
    public static Breaker Fresh { get; } = new();

    public BreakerStateKind State { get; private init; }

    /// <summary>Why it is in its state; null while it was never in another.</summary>
    public BreakerReason? Reason { get; private init; }

    /// <summary>When an open breaker lets its first probe through.</summary>
    public DateTimeOffset? RetryAt { get; private init; }

    /// <summary>Openings since it was last closed: each doubles the time it stays open.</summary>
    public int Openings { get; private init; }

    public CallWindow Window { get; private init; } = CallWindow.Empty;

    // Retries of one broken step say nothing about the agent: they count once until another step failed too.
    private (string Run, string Step)? LastFailed { get; init; }

    private ImmutableDictionary<AssignmentId, Probe> Probes { get; init; } = ImmutableDictionary<AssignmentId, Probe>.Empty;

    private int ProbesSucceeded { get; init; }

    // Probes of a step that had failed here already and failed again: they say nothing new, but their place is used up.
    private int ProbesRepeated { get; init; }

    /// <summary>Asks to let one attempt through. Null retry-after means that it may go.</summary>
    /// <param name="isAlive">Whether an attempt still waits or works: a probe that left without an outcome makes room for another.</param>
    public (Breaker Next, TimeSpan? RetryAfter) Admit(
        AssignmentId attempt, Func<AssignmentId, bool> isAlive, DateTimeOffset now, BreakerOptions options, double jitter)
    {
        if (State is BreakerStateKind.Closed or BreakerStateKind.MetricsOnly) return (this, null);
        var breaker = Tick(isAlive, now, options, jitter);
        if (breaker.State is BreakerStateKind.Open && now < breaker.RetryAt) return (breaker, breaker.RetryAt - now);
        if (breaker.State is BreakerStateKind.Open) breaker = breaker with { State = BreakerStateKind.HalfOpen, RetryAt = null, Reason = BreakerReason.ProbeDue };
        return breaker.Probes.Count + breaker.ProbesSucceeded + breaker.ProbesRepeated < options.Probes
            ? (breaker with { Probes = breaker.Probes.SetItem(attempt, new(now, null)) }, null)
            : (breaker, TimeSpan.FromSeconds(1));
    }

    /// <summary>The attempt was handed out: a probe's time begins.</summary>
    public Breaker Started(AssignmentId attempt, DateTimeOffset now) =>
        Probes.TryGetValue(attempt, out var probe) ? this with { Probes = Probes.SetItem(attempt, probe with { StartedAt = now }) } : this;

    /// <summary>Counts how an attempt went.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="call">What it says about the agent.</param>
    /// <param name="threshold">The share of failures at which it opens.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">The host's options.</param>
    /// <param name="jitter">0 to 1, fresh at random each time: keeps the breakers of many agents from probing at once.</param>
    /// <param name="mayOpen">Whether a closed one may open by this call; it is counted anyhow.</param>
    public Breaker Record(AssignmentId attempt, CallOutcome call, double threshold, DateTimeOffset now, BreakerOptions options, double jitter, bool mayOpen = true)
    {
        var step = (attempt.Run.Name, attempt.Step);
        var verdict = call is CallOutcome.Failed && LastFailed == step ? CallOutcome.Neutral : call;
        var breaker = verdict is CallOutcome.Failed ? this with { LastFailed = step } : this;
        return breaker.State switch
        {
            BreakerStateKind.HalfOpen when breaker.Probes.ContainsKey(attempt) => breaker.Probed(attempt, verdict, repeats: verdict != call, now, options, jitter),
            BreakerStateKind.Closed when verdict is not CallOutcome.Neutral => breaker.Counted(verdict, mayOpen ? threshold : null, now, options, jitter),
            BreakerStateKind.MetricsOnly when verdict is not CallOutcome.Neutral => breaker with { Window = breaker.Window.With(verdict, now, options) },
            _ => breaker,
        };
    }

    /// <summary>Counts without ever refusing, or no longer so.</summary>
    public Breaker OnlyCounting(bool only) => (only, State) switch
    {
        (true, not BreakerStateKind.MetricsOnly) => Fresh with { State = BreakerStateKind.MetricsOnly, Window = Window, Reason = BreakerReason.Policy },
        (false, BreakerStateKind.MetricsOnly) => Fresh with { Reason = BreakerReason.Policy },
        _ => this,
    };

    /// <summary>What outlives the activation: only what a transition changes.</summary>
    public BreakerRecord Save() => new(State, RetryAt, Openings);

    /// <summary>A breaker as it comes back: open stays open, but never for longer than it could have been opened now; half-open is open with a probe due.</summary>
    public static Breaker Restore(BreakerRecord record, DateTimeOffset now, BreakerOptions options) => record.State switch
    {
        BreakerStateKind.Open => Fresh with
        {
            State = BreakerStateKind.Open,
            Openings = record.Openings,
            RetryAt = Earlier(record.RetryAt ?? now, now + options.OpenForMax),
            Reason = BreakerReason.Restored,
        },
        BreakerStateKind.HalfOpen => Fresh with { State = BreakerStateKind.Open, Openings = record.Openings, RetryAt = now, Reason = BreakerReason.Restored },
        BreakerStateKind.MetricsOnly => Fresh with { State = BreakerStateKind.MetricsOnly },
        _ => Fresh,
    };

    public BreakerView View(DateTimeOffset now, BreakerOptions options)
    {
        var (calls, failures, _) = Window.Counted(now, options);
        return new(State, calls == 0 ? 0 : (double)failures / calls, calls, RetryAt);
    }

    private Breaker Counted(CallOutcome call, double? threshold, DateTimeOffset now, BreakerOptions options, double jitter)
    {
        var next = this with { Window = Window.With(call, now, options) };
        return threshold is { } share && next.Window.Trips(share, now, options) is { } reason ? next.Open(reason, now, options, jitter) : next;
    }

    // A slow probe is no success: the agent is what it was when it opened. Repeated failures of one step say nothing, but a place was a call:
    // when too few are left to close it, it opens for as long as before, and what has succeeded counts on.
    private Breaker Probed(AssignmentId attempt, CallOutcome call, bool repeats, DateTimeOffset now, BreakerOptions options, double jitter)
    {
        if (call is CallOutcome.Failed or CallOutcome.Slow) return Open(BreakerReason.ProbeFailed, now, options, jitter);
        var next = this with
        {
            Probes = Probes.Remove(attempt),
            ProbesSucceeded = ProbesSucceeded + (call is CallOutcome.Succeeded ? 1 : 0),
            ProbesRepeated = ProbesRepeated + (repeats ? 1 : 0),
        };
        if (next.ProbesSucceeded >= options.Probes) return Fresh with { LastFailed = LastFailed, Reason = BreakerReason.ProbesSucceeded };
        if (next.ProbesSucceeded + next.ProbesRepeated < options.Probes) return next;
        if (next.ProbesSucceeded == 0) return next.Open(BreakerReason.ProbeFailed, now, options, jitter);
        var again = (next with { Openings = Math.Max(0, Openings - 1) }).Open(BreakerReason.ProbeFailed, now, options, jitter);
        return again with { ProbesSucceeded = next.ProbesSucceeded };
    }

    // What time alone does: a probe that works for too long has failed; one that nobody took makes room for another.
    private Breaker Tick(Func<AssignmentId, bool> isAlive, DateTimeOffset now, BreakerOptions options, double jitter)
    {
        if (State is not BreakerStateKind.HalfOpen) return this;
        var alive = Probes.RemoveRange(Probes.Where(probe => !isAlive(probe.Key) || (probe.Value.StartedAt is null && probe.Value.AdmittedAt + options.ProbeTime <= now)).Select(probe => probe.Key));
        return alive.Values.Any(probe => probe.StartedAt + options.ProbeTime <= now)
            ? Open(BreakerReason.ProbeFailed, now, options, jitter)
            : this with { Probes = alive };
    }

    private Breaker Open(BreakerReason reason, DateTimeOffset now, BreakerOptions options, double jitter)
    {
        var doubled = options.OpenFor * Math.Pow(2, Math.Min(Openings, 30)) * (0.9 + (0.2 * jitter));
        return Fresh with
        {
            State = BreakerStateKind.Open,
            Reason = reason,
            RetryAt = now + (doubled < options.OpenForMax ? doubled : options.OpenForMax),
            Openings = Openings + 1,
            LastFailed = LastFailed,
        };
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    // An attempt that a half-open breaker let through; it has no start while it waits.
    private readonly record struct Probe(DateTimeOffset AdmittedAt, DateTimeOffset? StartedAt);
}

/// <summary>A breaker as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("rosud.breaker-record")]
internal sealed record BreakerRecord(
    [property: Id(0)] BreakerStateKind State,
    [property: Id(1)] DateTimeOffset? RetryAt,
    [property: Id(2)] int Openings);
