using Rosud.Agents;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>The sentences with which supervisors refuse.</summary>
internal static class Refusals
{
    public static SettleOutcome Fenced() =>
        new SettleOutcome.Refused(new(ProblemKind.Fenced, "This attempt is over: a later one has the step, its lease ended, or it was never handed out. Stop."));

    public static SettleOutcome Full() =>
        new SettleOutcome.Refused(new(ProblemKind.Overloaded, "Too many results wait for their runs. Send this one again.") { RetryAfter = TimeSpan.FromSeconds(1) });

    public static SettleOutcome Unknown() =>
        new SettleOutcome.Refused(new(ProblemKind.UnknownOutcome, "The run has not answered yet. Send the same again.") { RetryAfter = TimeSpan.FromSeconds(1) });

    public static Problem NotRegistered() => new(ProblemKind.NotFound, "No agent of this name is registered.");

    public static Problem NotPull() => new(ProblemKind.NotFound, "The agent is registered, but not as one that takes its assignments.");

    public static Problem NoHandler() => new(ProblemKind.NotFound, "This host has no code for the in-process agent.");

    public static Problem Poison(TimeSpan left) =>
        new(ProblemKind.ContractRejected, "This step failed three times at this agent on what it would be handed again; it is refused for a while.") { RetryAfter = left };

    public static Problem DependencyOpen(string dependency, TimeSpan retryAfter) =>
        new(ProblemKind.CircuitOpen, $"Agents that depend on {dependency} kept failing; its breaker is open.") { RetryAfter = retryAfter };
}
