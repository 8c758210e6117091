using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Supervision;

namespace Rosud.Runs;

/// <summary>What a <see cref="RunDrive"/> wants done. Whoever does it gives the answer back by the event of the same name, or null when none came within the call timeout.</summary>
internal abstract record DriveAction
{
    private DriveAction() { }

    internal sealed record Admit(AgentId Agent, AdmitRequest Request) : DriveAction;

    internal sealed record Ask(AgentId Agent, string Step, int Attempt, long Incarnation) : DriveAction;

    internal sealed record Query(AgentId Agent) : DriveAction;

    internal sealed record Commit(StepCommit Body) : DriveAction;

    /// <param name="Ticket">Names the caller that waits for <see cref="AnswerPublish"/>.</param>
    internal sealed record Publish(long Ticket, StepPublish Body) : DriveAction;

    /// <param name="Ticket">Names the caller that waits for <see cref="AnswerPublish"/>.</param>
    internal sealed record Effect(long Ticket, StepEffect Body) : DriveAction;

    /// <param name="Ticket">Names the person that waits for <see cref="AnswerPerson"/>; 0 for nobody.</param>
    internal sealed record Reply(long Ticket, StepReply Body) : DriveAction;

    internal sealed record Begin(BeginAttempt Body) : DriveAction;

    internal sealed record End(EndRun Body) : DriveAction;

    /// <summary>Reads the run's interest anew: a notice was missed.</summary>
    internal sealed record Refresh(ImmutableArray<KeyPattern> Keys) : DriveAction;

    /// <summary>Reads outputs that an earlier driver saw committed.</summary>
    internal sealed record ReadOutputs(ImmutableArray<KeyPattern> Keys) : DriveAction;

    /// <summary>Asks that others wait for a moment with what the last try of a step reads, and reads it.</summary>
    internal sealed record Intend(string Step, int Attempt, ImmutableArray<KeyPattern> Reads, ImmutableArray<KeyPattern> Interest) : DriveAction;

    /// <summary>Best effort; no answer.</summary>
    internal sealed record Supersede(AssignmentId Assignment) : DriveAction;

    /// <summary>Best effort; no answer.</summary>
    internal sealed record Rebase(AssignmentId Assignment, ChangedContext Changed) : DriveAction;

    /// <summary>Best effort; no answer.</summary>
    internal sealed record Cancel(ImmutableArray<AgentId> Agents) : DriveAction;

    /// <summary>Answers every waiting settle of this attempt.</summary>
    internal sealed record AnswerSettle(string Step, int Attempt, SettleOutcome Outcome) : DriveAction;

    /// <summary>Answers a publish or an effect.</summary>
    internal sealed record AnswerPublish(long Ticket, SettleOutcome Outcome) : DriveAction;

    internal sealed record AnswerPerson(long Ticket, AnswerOutcome Outcome) : DriveAction;

    /// <summary>The run has ended and everything about it is known: tell those who wait, archive, report.</summary>
    internal sealed record Finish(RunEnd Outcome) : DriveAction;

    /// <summary>Another driver took over: forget everything.</summary>
    internal sealed record Stop : DriveAction;
}
