using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>Tasks, agents and runs for tests.</summary>
internal static class RunExamples
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TaskStep Step(string id, string[] reads, string[] writes, params string[] after) => new()
    {
        Id = id,
        Agent = id,
        Reads = [.. reads.Select(read => read.EndsWith('?') ? new StepRead(new(read[..^1]), true) : new StepRead(new(read)))],
        Writes = [.. writes.Select(write => new KeyPattern(write))],
        After = [.. after],
    };

    public static CoordinateRequest Request(params TaskStep[] steps) => new() { Task = new() { Goal = "do it", Steps = [.. steps] } };

    public static Dictionary<string, AgentView> Registered(params string[] names) => names.ToDictionary(name => name, name => Agent(name));

    public static AgentView Agent(string name, string reads = "*", string writes = "*", string? capability = null) => new(
        new(TenantId.Default, name), new() { Reads = [new(reads)], Writes = [new(writes)], Capability = capability }, 1, Start);

    public static ContractOutcome Check(CoordinateRequest request, Func<KeyPattern, bool>? hasValue = null, ChannelSpec? spec = null, IReadOnlyDictionary<string, AgentView>? agents = null)
    {
        var names = (request.Task.Steps ?? []).SelectMany(step => step.Acceptance.Select(test => test.Verifier).Concat([step.Agent, step.OnFailure.Agent])).OfType<string>().Distinct().ToArray();
        return TaskContract.Check(request, spec ?? new() { Agents = [.. names] }, agents ?? Registered(names), hasValue ?? (_ => false), new());
    }

    public static Plan Plan(CoordinateRequest request, Func<KeyPattern, bool>? hasValue = null) => ((ContractOutcome.Planned)Check(request, hasValue)).Plan;

    /// <summary>The breaches as <c>code pointer</c>.</summary>
    public static string[] Breaches(ContractOutcome outcome) => outcome is ContractOutcome.Rejected rejected ? [.. rejected.Errors.Select(error => $"{error.Code} {error.Pointer}")] : [];

    public static AcceptedRun Accept(CoordinateRequest request, Func<KeyPattern, bool>? hasValue = null, int retryBudget = 3) => Plan(request, hasValue).Accept(
        RunId.Make(new(TenantId.Default, "c"), "r1"), request, new() { Sync = new() { StalenessThreshold = TimeSpan.Zero } }, new() { RetryBudget = retryBudget }, default, Start);
}
