using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>What a supervisor remembers of one run, so that old drivers and old attempts are recognised: a value.</summary>
/// <param name="Epoch">The highest driver epoch seen.</param>
/// <param name="KeepUntil">When it may be forgotten, if nothing of the run is alive here then.</param>
internal sealed record RunMarks(int Epoch, DateTimeOffset KeepUntil)
{
    /// <summary>How long marks at least outlive their run's deadline, and answers the moment they were given: longer than any message is under way. Both go when their run is looked at next, which each is once in so long while runs come and go.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    public bool Cancelled { get; init; }

    /// <summary>Its steps that this agent was asked for.</summary>
    public IEnumerable<StepMarks> Steps => First is { Step: not null } first ? Others.Values.Prepend(first) : [];

    // Most runs ask an agent for one step; marks are many, so those are kept small.
    private StepMarks First { get; init; }

    private ImmutableDictionary<string, StepMarks> Others { get; init; } = ImmutableDictionary<string, StepMarks>.Empty;

    public StepMarks this[string step] => First.Step == step ? First : Others.TryGetValue(step, out var marks) ? marks : new(step);

    /// <summary>Whether nothing under this attempt is taken any more.</summary>
    public bool IsFenced(string step, int attempt) => Cancelled || attempt <= this[step].Tomb;

    /// <summary>Whether the attempt was admitted here, or a later one of its step.</summary>
    public bool HasSeen(string step, int attempt) => attempt <= this[step].Seen;

    /// <summary>What its run answered the attempt's last word; null when it has not, or not here.</summary>
    public SettleOutcome? AnswerOf(string step, int attempt)
    {
        var answered = this[step].Answered;
        while (answered is not null && answered.Attempt != attempt) answered = answered.Before;
        return answered?.Outcome;
    }

    public RunMarks Heard(int epoch, DateTimeOffset runEndsAt) => this with
    {
        Epoch = Math.Max(Epoch, epoch),
        KeepUntil = runEndsAt + Quiet > KeepUntil ? runEndsAt + Quiet : KeepUntil,
    };

    public RunMarks See(string step, int attempt) =>
        With(this[step] with { Seen = Math.Max(this[step].Seen, attempt), Tomb = Math.Max(this[step].Tomb, attempt - 1) });

    public RunMarks Bury(string step, int attempt) => attempt <= this[step].Tomb ? this : With(this[step] with { Tomb = attempt });

    /// <summary>One more attempt of the step ended in failure or loss here.</summary>
    public RunMarks Fail(string step) => With(this[step] with { Failures = this[step].Failures + 1 });

    /// <summary>The run has judged the attempt: nothing under it is taken any more, and who repeats its last word gets this answer.</summary>
    public RunMarks Answer(string step, int attempt, SettleOutcome outcome, DateTimeOffset now) => With(this[step] with
    {
        Tomb = Math.Max(this[step].Tomb, attempt),
        Answered = AnsweredAttempt.After(this[step].Answered, attempt, outcome, now),
    });

    /// <summary>Forgets what was answered long ago: a run may last for days.</summary>
    public RunMarks Forget(DateTimeOffset now)
    {
        var next = IsOld(First, now) ? With(First with { Answered = null }) : this;
        foreach (var step in Others.Values)   // Nothing is made for the many runs with one step.
        {
            if (IsOld(step, now)) next = next.With(step with { Answered = null });
        }

        return next;
    }

    private static bool IsOld(StepMarks step, DateTimeOffset now) => step.Answered?.At + Quiet <= now;

    private RunMarks With(StepMarks marks) => First.Step is null || First.Step == marks.Step
        ? this with { First = marks }
        : this with { Others = Others.SetItem(marks.Step, marks) };
}

/// <summary>The highest attempt of a step that was admitted, the highest that is fenced, how many ended in failure or loss, and what was answered.</summary>
internal readonly record struct StepMarks(string Step, int Seen = 0, int Tomb = 0, int Failures = 0, AnsweredAttempt? Answered = null);

/// <summary>An attempt whose last word was answered, and those of its step that were answered before it.</summary>
/// <param name="Number">Its place among them, from 1.</param>
internal sealed record AnsweredAttempt(int Attempt, SettleOutcome Outcome, DateTimeOffset At, int Number, AnsweredAttempt? Before)
{
    /// <summary>Answers that are remembered of one step; with one more all before it are forgotten.</summary>
    public const int Max = 64;

    public static AnsweredAttempt After(AnsweredAttempt? before, int attempt, SettleOutcome outcome, DateTimeOffset now) => before is { Number: < Max }
        ? new(attempt, outcome, now, before.Number + 1, before)
        : new(attempt, outcome, now, 1, null);
}
