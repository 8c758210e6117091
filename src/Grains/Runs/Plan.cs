using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;

namespace Rosud.Runs;

/// <summary>What a run will do: the steps it needs, in an order that respects their dependencies, and what it returns.</summary>
/// <param name="Agents">How many agents the steps name (fallbacks not counted).</param>
internal sealed record Plan(ImmutableArray<PlannedStep> Steps, ImmutableArray<KeyPattern> Outputs, int Agents)
{
    /// <summary>The run as the channel's log accepts it.</summary>
    public AcceptedRun Accept(RunId run, CoordinateRequest request, ChannelSpec spec, CoordinationPolicy policy, ContextVersion version, DateTimeOffset now) => new()
    {
        Run = run,
        Task = request.Task,
        TaskHash = request.TaskHash,
        Steps = Steps,
        Outputs = Outputs,
        AcceptedAt = now,
        Deadline = now + request.Timeout,
        RetryBudget = policy.RetryBudget,
        OnStaleContext = request.OnStaleContext,
        Execution = request.Execution ?? policy.Execution,
        Priority = request.Priority,
        Network = spec.Network,
        BreakerThreshold = policy.CircuitBreakerThreshold,
        Isolation = policy.Isolation,
        RegisteredAgents = spec.Agents.Length,
        VersionStart = version,
        StalenessThreshold = spec.Sync.NeverTold ? null : spec.Sync.StalenessThreshold ?? policy.MaxStaleness,
        KeyThresholds = ThresholdsOf(spec.Sync),
        TraceId = ActivityContext.TryParse(request.TraceParent, null, out var caller) ? caller.TraceId.ToHexString() : TraceOf(run),
        Prices = policy.Prices,
        Caller = request.Caller,
    };

    // A policy without a threshold counts too: where it is the nearest to a key, the channel's holds.
    private static ImmutableArray<KeyPolicy> ThresholdsOf(ContextSync sync) => sync.Keys.Any(key => key.StalenessThreshold is not null)
        ? [.. sync.Keys.Select(key => new KeyPolicy { Pattern = key.Pattern, StalenessThreshold = key.StalenessThreshold })]
        : [];

    private static string TraceOf(RunId run) => ContentHash.Of(Encoding.UTF8.GetBytes(run.Key)).ToString()[..32];
}

/// <summary>The answer to checking a task.</summary>
internal abstract record ContractOutcome
{
    private ContractOutcome() { }

    /// <summary>The task keeps its contract.</summary>
    internal sealed record Planned(Plan Plan) : ContractOutcome;

    /// <summary>Every breach, in the order of the task's members.</summary>
    internal sealed record Rejected(ImmutableArray<Tenants.ProblemError> Errors) : ContractOutcome
    {
        /// <summary>The refusal as a caller sees it.</summary>
        public Tenants.Problem Problem => new(Tenants.ProblemKind.ContractRejected, "The task breaks its contract; no agent was called.") { Errors = Errors };
    }
}
