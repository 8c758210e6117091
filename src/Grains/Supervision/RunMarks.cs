using System.Collections.Immutable;

namespace Rosud.Supervision;

/// <summary>What a supervisor remembers of one run, so that old drivers and old attempts are recognised: a value.</summary>
/// <param name="Epoch">The highest driver epoch seen.</param>
/// <param name="KeepUntil">When it may be forgotten, if nothing of the run is alive here then.</param>
internal sealed record RunMarks(int Epoch, DateTimeOffset KeepUntil)
{
    /// <summary>How long marks outlive their run: longer than any message of it is under way.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    public bool Cancelled { get; init; }

    public ImmutableDictionary<string, StepMarks> Steps { get; init; } = ImmutableDictionary<string, StepMarks>.Empty;

    public StepMarks this[string step] => Steps.GetValueOrDefault(step);

    /// <summary>Whether nothing under this attempt is taken any more.</summary>
    public bool IsFenced(string step, int attempt) => Cancelled || attempt <= this[step].Tomb;

    /// <summary>Whether the attempt was admitted here, or a later one of its step.</summary>
    public bool HasSeen(string step, int attempt) => attempt <= this[step].Seen;

    public RunMarks Heard(int epoch, DateTimeOffset runEndsAt) => this with
    {
        Epoch = Math.Max(Epoch, epoch),
        KeepUntil = runEndsAt + Quiet > KeepUntil ? runEndsAt + Quiet : KeepUntil,
    };

    public RunMarks See(string step, int attempt) =>
        With(step, this[step] with { Seen = Math.Max(this[step].Seen, attempt), Tomb = Math.Max(this[step].Tomb, attempt - 1) });

    public RunMarks Bury(string step, int attempt) => With(step, this[step] with { Tomb = Math.Max(this[step].Tomb, attempt) });

    /// <summary>One more attempt of the step ended in failure or loss here.</summary>
    public RunMarks Fail(string step) => With(step, this[step] with { Failures = this[step].Failures + 1 });

    private RunMarks With(string step, StepMarks marks) => this with { Steps = Steps.SetItem(step, marks) };
}

/// <summary>The highest attempt of a step that was admitted, the highest that is fenced, and how many ended in failure or loss.</summary>
internal readonly record struct StepMarks(int Seen, int Tomb, int Failures);
