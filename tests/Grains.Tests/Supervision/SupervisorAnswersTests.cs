using Rosud.Agents;
using Rosud.Tenants;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

/// <summary>What whoever says an attempt's last word again is told, and for how long.</summary>
public sealed class SupervisorAnswersTests
{
    [Fact]   // Whoever says an attempt's last word again gets the answer it got then, also after later attempts of its step and others were answered.
    public void A_repeated_last_word_gets_its_first_answer()
    {
        var ledger = Ledger();
        var answers = new Dictionary<AssignmentId, SettleOutcome>();
        foreach (var (step, attempt) in new[] { ("search", 1), ("other", 1), ("search", 2), ("third", 1), ("search", 3) })
        {
            var id = Attempt(step: step, attempt: attempt);
            (ledger, _) = ledger.Admit(Admission(id), Start);
            (ledger, _) = ledger.Complete(id, At(1));
            Assert.Null(ledger.AnswerOf(id));
            answers[id] = new SettleOutcome.Settled(SettleKind.Rejected, new(attempt));
            ledger = ledger.Release(id, answers[id], At(1));
        }

        foreach (var (id, answer) in answers) Assert.Equal(answer, ledger.AnswerOf(id));
        Assert.Null(ledger.AnswerOf(Attempt(step: "search", attempt: 4)));
        Assert.Null(ledger.AnswerOf(Attempt(run: 2)));
    }

    [Fact]
    public void A_last_word_that_time_or_a_cancel_came_before_is_told_so_each_time()
    {
        var (ledger, _) = Ledger().Admit(Admission(Attempt()), Start);
        (ledger, _) = ledger.Admit(Admission(Attempt(run: 2)), Start);
        (ledger, _) = ledger.Complete(Attempt(run: 2), At(1));
        var accepted = new SettleOutcome.Settled(SettleKind.Accepted, new(9));
        ledger = ledger.Release(Attempt(run: 2), accepted, At(1));

        (ledger, var ended, _) = ledger.EndOver(At(31));
        ledger = ledger.Release(Attempt(), new SettleOutcome.Noted(), At(31));
        (ledger, _) = ledger.Cancel(Run(2), 1, At(32));

        Assert.Equal(Attempt(), ended);
        Assert.Equal(ProblemKind.Fenced, Assert.IsType<SettleOutcome.Refused>(ledger.AnswerOf(Attempt())).Problem.Kind);
        Assert.Equal(accepted, ledger.AnswerOf(Attempt(run: 2)));   // It was answered before its run was over.
    }

    [Fact]   // A run may last for days: what its attempts were answered is not kept for as long, but that they are over is.
    public void Answers_are_forgotten_after_a_while_and_marks_are_not()
    {
        var days = TimeSpan.FromDays(7);
        var (ledger, other) = (Ledger(), Attempt(step: "other"));
        foreach (var attempt in new[] { Attempt(), other })
        {
            (ledger, _) = ledger.Admit(Admission(attempt) with { TimeLeft = days }, Start);
            (ledger, _) = ledger.Complete(attempt, At(1));
            ledger = ledger.Release(attempt, new SettleOutcome.Settled(SettleKind.Rejected, new(1)), At(1));
        }

        (var before, _) = ledger.Admit(Admission(Attempt(run: 2)), Start + RunMarks.Quiet);
        (var after, _) = ledger.Admit(Admission(Attempt(run: 2)), At(1) + RunMarks.Quiet);

        Assert.NotNull(before.AnswerOf(Attempt()));
        Assert.NotNull(before.AnswerOf(other));
        Assert.Null(after.AnswerOf(Attempt()));
        Assert.Null(after.AnswerOf(other));
        Assert.Equal(LastWord.Fenced, after.Complete(Attempt(), At(2) + RunMarks.Quiet).Taken);
    }

    [Fact]
    public void Of_one_step_only_so_many_answers_are_remembered()
    {
        var marks = new RunMarks(1, At(60));
        for (var attempt = 1; attempt <= 3 * AnsweredAttempt.Max; attempt++) marks = marks.Answer("s", attempt, new SettleOutcome.Noted(), At(attempt));

        var known = Enumerable.Range(1, 3 * AnsweredAttempt.Max).Count(attempt => marks.AnswerOf("s", attempt) is not null);
        Assert.InRange(known, 1, AnsweredAttempt.Max);
        Assert.NotNull(marks.AnswerOf("s", 3 * AnsweredAttempt.Max));
    }
}
