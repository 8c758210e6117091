using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Runs;

namespace Rosud.Supervision;

// How attempts end: by their worker's last word, by time, by their run's judgement.
internal sealed partial record SupervisorLedger
{
    /// <summary>A worker says that it is at work. Renews the lease, or takes the attempt back when only a lost supervisor had known it.</summary>
    public (SupervisorLedger Next, Beat Beat) Beat(AssignmentId id, TimeSpan timeout, TimeSpan lease, DateTimeOffset now)
    {
        if (Bulkhead.PermitOf(id) is not null) return (this with { Bulkhead = Bulkhead.Renew(id, now) }, Supervision.Beat.Renewed);
        if (IsUnknown(id, now)) return (TakeBack(id, timeout, lease, now), Supervision.Beat.TakenBack);
        return (this, Supervision.Beat.Over);
    }

    /// <summary>What an attempt that is over answers its worker: why, or that it is fenced.</summary>
    public SettleOutcome Over(AssignmentId id, DateTimeOffset now)
    {
        if (IsKept(id) || Judged(id) is not null) return new SettleOutcome.Beat(now, Superseded: false, Cancelled: false);
        if (Endings.Find(id) is { } ending) return new SettleOutcome.Beat(now, ending.Superseded, ending.Cancelled);
        var cancelled = Runs.TryGetValue(id.Run, out var marks) && marks.Cancelled;
        return cancelled ? new SettleOutcome.Beat(now, Superseded: false, Cancelled: true) : Refusals.Fenced();
    }

    /// <summary>How an attempt stands for whoever watches it: what only an earlier supervisor knew counts as at work.</summary>
    public SettleOutcome Standing(AssignmentId id, DateTimeOffset now)
    {
        if (Bulkhead.PermitOf(id) is { } permit) return new SettleOutcome.Beat(permit.EndsAt, Superseded: false, Cancelled: false) { Changed = permit.Changed };
        if (IsUnknown(id, now)) return new SettleOutcome.Beat(now, Superseded: false, Cancelled: false);
        return Kept.GetValueOrDefault(id) is { } kept && IsWorkersWord(kept.Settlement.Kind) || Judged(id) is not null ? new SettleOutcome.Noted() : Over(id, now);
    }

    /// <summary>The answer that the attempt's last word got before; null when it had none, or that is long ago.</summary>
    public SettleOutcome? AnswerOf(AssignmentId id) => Bulkhead.PermitOf(id) is null ? Judged(id) : null;

    /// <summary>A worker's last word on an attempt: frees the permit and keeps the outcome for its run.</summary>
    public (SupervisorLedger Next, LastWord Taken) End(AssignmentId id, Func<Permit, Settlement> outcome, TimeSpan timeout, DateTimeOffset now)
    {
        if (Kept.TryGetValue(id, out var said)) return (this, IsWorkersWord(said.Settlement.Kind) ? LastWord.Kept : LastWord.Fenced);
        if (Kept.Count >= KeptMax || KeptBytes >= KeptBytesMax) return (this, LastWord.Full);
        var known = IsUnknown(id, now) ? TakeBack(id, timeout, timeout, now) : this;
        if (known.Bulkhead.PermitOf(id) is not { } permit) return (this, LastWord.Fenced);
        var settlement = outcome(permit);
        var held = settlement.Kind is SettlementKind.Deferred && now + settlement.RetryAfter is { } until && !(until < HeldUntil) ? until : HeldUntil;
        return (known.Keep(Supervision.Kept.Of(settlement, permit, MedianService, now)) with { HeldUntil = held }, LastWord.Kept);
    }

    /// <summary>Ends one attempt whose time is over. Null outcome: it only waited, and its run is over. Null id: nothing is over.</summary>
    public (SupervisorLedger Next, AssignmentId? Ended, Settlement? Outcome) EndOver(DateTimeOffset now)
    {
        if (Bulkhead.Over(now) is not { } id) return (this, null, null);
        if (Bulkhead.PermitOf(id) is not { } permit)
        {
            var left = this with { Bulkhead = Bulkhead.Leave(id) };
            return (left.With(id.Run, left.MarksOf(id.Run, now).Bury(id.Step, id.Attempt), now), id, null);
        }

        var timedOut = permit.TimedOut(now);
        var settlement = permit.Settlement(timedOut ? SettlementKind.TimedOut : SettlementKind.LeaseLost, now) with
        {
            Reason = timedOut ? "The attempt took longer than its limit." : "The worker fell silent.",
        };
        var next = Keep(Supervision.Kept.Of(settlement, permit, MedianService, now));
        return (next.With(id.Run, next.MarksOf(id.Run, now).Bury(id.Step, id.Attempt), now), id, settlement);
    }

    /// <summary>A waiting attempt leaves the queue without being handed out, and its run is told.</summary>
    public SupervisorLedger TurnAway(AssignmentId id, SettlementKind kind, string reason, TimeSpan? retryAfter, DateTimeOffset now)
    {
        if (Bulkhead.WaitingOf(id) is not { } waiting) return this;
        var settlement = new Settlement
        {
            Assignment = id,
            Kind = kind,
            Reason = reason,
            Retryable = kind is not SettlementKind.Failed,
            RetryAfter = retryAfter,
            AdmittedAt = waiting.AdmittedAt,
            EndedAt = now,
            ReadVersion = waiting.Request.Context.Version,
        };
        return Keep(Supervision.Kept.Of(settlement, waiting));
    }

    /// <summary>The run has judged: its answer is the release.</summary>
    public SupervisorLedger Release(AssignmentId id, SettleOutcome answer, DateTimeOffset now)
    {
        if (Kept.GetValueOrDefault(id) is not { } kept) return this;
        var heard = IsWorkersWord(kept.Settlement.Kind) ? answer : Fenced;
        return Drop(id).With(id.Run, MarksOf(id.Run, now).Answer(id.Step, id.Attempt, heard, now), now) with
        {
            Service = kept.Service is { } time ? Service.With(time) : Service,
        };
    }

    /// <summary>Notes that an attempt ended in failure or loss. True when that makes its step poison.</summary>
    public (SupervisorLedger Next, bool IsPoison) Failed(AssignmentId id, DateTimeOffset now)
    {
        var marks = MarksOf(id.Run, now).Fail(id.Step);
        return (With(id.Run, marks, now), marks[id.Step].Failures == Quarantine.AttemptsMax);
    }

    /// <summary>The run does not know the attempt, or is over.</summary>
    public (SupervisorLedger Next, bool Stopped) Disown(AssignmentId id) =>
        (Fence(id, new(Superseded: false, Cancelled: true)), Bulkhead.PermitOf(id) is not null);

    /// <summary>The outcomes of a run that it has not answered for.</summary>
    public ImmutableArray<AssignmentId> KeptOf(RunId run) => Runs.TryGetValue(run, out var marks) && !Kept.IsEmpty
        ? [.. marks.Steps.Select(step => new AssignmentId(Agent, run, step.Step, step.Seen)).Where(IsKept)]
        : [];

    // What time or loss has ended, its worker has said nothing about: its word comes late.
    private static bool IsWorkersWord(SettlementKind kind) => kind is SettlementKind.Completed or SettlementKind.Failed or SettlementKind.Deferred or SettlementKind.Asked;

    public bool IsKept(AssignmentId id) => Kept.ContainsKey(id);

    /// <summary>Whether the attempt waits, runs, or its outcome is kept.</summary>
    public bool IsAlive(AssignmentId id) => Bulkhead.PermitOf(id) is not null || Bulkhead.WaitingOf(id) is not null || IsKept(id);

    // Newer than everything seen of its step: a supervisor before this one handed it out.
    private bool IsUnknown(AssignmentId id, DateTimeOffset now)
    {
        var marks = MarksOf(id.Run, now);
        return !marks.IsFenced(id.Step, id.Attempt) && !marks.HasSeen(id.Step, id.Attempt);
    }

    private SupervisorLedger TakeBack(AssignmentId id, TimeSpan timeout, TimeSpan lease, DateTimeOffset now)
    {
        var next = With(id.Run, MarksOf(id.Run, now).Heard(0, now + timeout).See(id.Step, id.Attempt), now);
        return next with { Bulkhead = next.Bulkhead.TakeBack(Permit.TakeBack(id, timeout, lease, now)) };
    }

    private SupervisorLedger Keep(Kept kept) => this with
    {
        Bulkhead = Bulkhead.Free(kept.Assignment).Leave(kept.Assignment),
        Kept = Kept.SetItem(kept.Assignment, kept),
        KeptBytes = KeptBytes + kept.Bytes,
    };

    private SupervisorLedger Drop(AssignmentId id) => Kept.GetValueOrDefault(id) is { } kept
        ? this with { Kept = Kept.Remove(id), KeptBytes = KeptBytes - kept.Bytes }
        : this;

    // Ends an attempt wherever it is, and remembers why for its worker. A kept result stays: its run will refuse it.
    private SupervisorLedger Fence(AssignmentId id, Ending ending)
    {
        if (id.Attempt <= 0) return this;
        var running = Bulkhead.PermitOf(id) is not null;
        var next = this with
        {
            Bulkhead = Bulkhead.Free(id).Leave(id),
            Endings = running ? Endings.With(id, ending) : Endings,
        };
        return next.Runs.TryGetValue(id.Run, out var marks) && marks.Bury(id.Step, id.Attempt) is var buried && !ReferenceEquals(buried, marks)
            ? next with { Runs = next.Runs.SetItem(id.Run, buried) }
            : next;
    }

    private RunMarks MarksOf(RunId run, DateTimeOffset now) => Runs.TryGetValue(run, out var marks) ? marks : new(0, now + RunMarks.Quiet);

    private SettleOutcome? Judged(AssignmentId id) => Runs.TryGetValue(id.Run, out var marks) ? marks.AnswerOf(id.Step, id.Attempt) : null;

    private SupervisorLedger With(RunId run, RunMarks marks, DateTimeOffset now)
    {
        if (!Runs.TryGetValue(run, out var known)) return this with { Runs = Runs.SetItem(run, marks), Visits = Visits.Add(new(run, now + RunMarks.Quiet)) };
        return ReferenceEquals(known, marks) ? this : this with { Runs = Runs.SetItem(run, marks) };
    }

    private static readonly SettleOutcome Fenced = Refusals.Fenced();

    // Every run is looked at again after a while, some with each admission and each end of a run: what is over for long is forgotten, without a timer, and nobody pays for all of them.
    private SupervisorLedger Visited(DateTimeOffset now)
    {
        var (runs, visits) = (Runs, Visits);
        for (var i = 0; i < VisitsMax && !visits.IsEmpty && visits[0].At <= now; i++)
        {
            var run = visits[0].Run;
            visits = visits.RemoveFirst();
            var marks = runs[run];
            var next = marks.Forget(now);
            if (marks.KeepUntil <= now && !marks.Steps.Any(step => IsAlive(new(Agent, run, step.Step, step.Seen))))
            {
                runs = runs.Remove(run);
                continue;
            }

            if (!ReferenceEquals(next, marks)) runs = runs.SetItem(run, next);
            visits = visits.Add(new(run, now + RunMarks.Quiet));
        }

        return ReferenceEquals(visits, Visits) ? this : this with { Runs = runs, Visits = visits };
    }

    private readonly record struct Visit(RunId Run, DateTimeOffset At);
}

/// <summary>What a worker's heartbeat did.</summary>
internal enum Beat
{
    /// <summary>The lease is longer now.</summary>
    Renewed,

    /// <summary>The attempt was unknown here and counts as at work from now on; its run has to be asked.</summary>
    TakenBack,

    /// <summary>The attempt is over.</summary>
    Over,
}
