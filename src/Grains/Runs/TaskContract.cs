using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>The contract of a task, checked in full before any agent is called. A value: knows no grain, no clock and no storage.</summary>
/// <remarks>
/// Problems carry a JSON pointer into the coordinate request and one of these codes: <c>bad_goal bad_timeout bad_budget bad_id bad_agent bad_pattern bad_guard
/// bad_fallback bad_default bad_acceptance bad_schema bad_effect duplicate_step unknown_agent unknown_after self_after star_write two_owners missing_read cycle
/// outside_contract nothing_wanted no_producer verifier_is_producer too_many_steps too_many_edges unknown_parent too_deep above_parent not_supported</c>.
/// </remarks>
internal static class TaskContract
{
    public const int StepsMax = 1_000;
    public const int EdgesMax = 10_000;
    public const int KeysMax = 10_000;

    /// <summary>Checks a task and makes its plan.</summary>
    /// <param name="request">The task and how to run it.</param>
    /// <param name="spec">The channel: its agents and key policies.</param>
    /// <param name="agents">The registered ones among the channel's agents, by name.</param>
    /// <param name="hasValue">Whether a key, or any key of a pattern, has a value that is valid now.</param>
    /// <param name="policy">The network's policy.</param>
    /// <param name="parent">What bounds it, when another run starts it.</param>
    public static ContractOutcome Check(
        CoordinateRequest request, ChannelSpec spec, IReadOnlyDictionary<string, AgentView> agents, Func<KeyPattern, bool> hasValue, CoordinationPolicy policy, ParentStanding? parent = null)
    {
        var errors = new List<ProblemError>();
        CheckRequest(request, errors);
        if (parent is not null) ParentContract.Check(request, parent, errors);
        var steps = StepContract.Resolve(request.Task, spec, agents, hasValue, errors);
        if (steps.Count == 0 || steps.Sum(step => step.Reads.Length + step.Writes.Length) > KeysMax)
        {
            if (steps.Count > 0) errors.Add(new("/task/steps", $"All steps together may name {KeysMax} keys.", "too_many_edges"));
            else if (errors.Count == 0) errors.Add(new("/task/steps", "There is no step: name steps, or give the channel agents.", "nothing_wanted"));
            return new ContractOutcome.Rejected([.. errors]);
        }

        var execution = request.Execution ?? policy.Execution;
        var task = new GraphContract(request.Task, spec.Sync, steps, execution);
        task.Check(hasValue, errors);
        if (errors.Count > 0) return new ContractOutcome.Rejected([.. errors]);
        var plan = task.Plan();
        return parent?.TreeSteps + plan.Steps.Length > StepsMax ? new ContractOutcome.Rejected([Channels.ChildRules.TooManySteps]) : new ContractOutcome.Planned(plan);
    }

    private static void CheckRequest(CoordinateRequest request, List<ProblemError> errors)
    {
        if (request.Task.Goal is not { Length: > 0 and <= 65_536 }) errors.Add(new("/task/goal", "A goal has 1 to 65,536 characters.", "bad_goal"));
        if (!IsLimit(request.Timeout)) errors.Add(new("/timeout_ms", "A timeout is 1 ms to 7 days.", "bad_timeout"));
        if (request.Task.Budget is { } budget)
        {
            if (budget.Tokens is <= 0) errors.Add(new("/task/budget/tokens", "A budget is more than 0.", "bad_budget"));
            if (budget.CostUsd is <= 0) errors.Add(new("/task/budget/cost_usd", "A budget is more than 0.", "bad_budget"));
            if (budget.Calls is <= 0) errors.Add(new("/task/budget/calls", "A budget is more than 0.", "bad_budget"));
        }
    }

    internal static bool IsLimit(TimeSpan limit) => limit >= TimeSpan.FromMilliseconds(1) && limit <= TimeSpan.FromDays(7);
}
