using Rosud.Agents;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.Verdicts;

namespace Rosud.Channels;

/// <summary>Checks a task against what the channel has and makes the run that its log may accept.</summary>
internal static class RunAcceptance
{
    public static (AcceptedRun? Accepted, Problem? Problem) Prepare(
        RunId run, CoordinateRequest request, ChannelState state, IReadOnlyDictionary<string, AgentView> agents, CoordinationPolicy policy, ParentStanding? parent, DateTimeOffset now)
    {
        var spec = state.Record!.Spec;
        // An entry whose validity has run out counts as absent when a run starts (SEMANTICS C11).
        var outcome = TaskContract.Check(
            request, spec, agents, pattern => state.Log.Read([pattern]).Any(entry => !state.Policies.IsExpired(entry, now)), policy, parent);
        return outcome switch
        {
            ContractOutcome.Planned planned => (planned.Plan.Accept(run, request, spec, policy, state.Log.Head, now).Under(request, parent) with
            {
                Baseline = Shadows.BaselineOf(run, request.Task.Class, policy.Verdict),
                OutputSchemas = OutputSchemas.Of(planned.Plan.Steps, agents),
            }, null),
            ContractOutcome.Rejected rejected => (null, rejected.Problem),
            _ => throw new InvalidOperationException("The contract gave an outcome that is not known here."),
        };
    }
}
