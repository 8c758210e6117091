using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>Short names for the things that supervision's tests are about.</summary>
internal static class SupervisionExamples
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly AgentId Agent = new(TenantId.Default, "researcher");

    public static DateTimeOffset At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    public static RunId Run(int number = 1) => RunId.Make(new ChannelId(TenantId.Default, "desk"), $"r{number}");

    public static AssignmentId Attempt(int run = 1, string step = "search", int attempt = 1) => new(Agent, Run(run), step, attempt);

    public static AdmitRequest Admission(AssignmentId attempt, long incarnation = 7, int epoch = 1) => new()
    {
        Assignment = attempt,
        Epoch = epoch,
        Incarnation = incarnation,
        Goal = "Find out.",
        Input = JsonValue.Null,
        Context = new(new ContextVersion(3), []),
        IdempotencyKey = "key",
        TimeLeft = Seconds(60),
        Timeout = Seconds(30),
        Priority = RunPriority.Interactive,
        AcceptedAt = Start,
        Network = NetworkId.DefaultName,
        BreakerThreshold = 0.3,
        Isolation = IsolationKind.Bulkhead,
    };

    public static SupervisorLedger Ledger(int maxConcurrency = 2, int queueLimit = 4) => new SupervisorLedger(Agent, 7, Start)
        .WithLimits(new() { MaxConcurrency = maxConcurrency, QueueLimit = queueLimit });

    /// <summary>Admits and, when there is room, hands out; as the grain does with an agent that is always ready.</summary>
    public static (SupervisorLedger Ledger, AdmitAnswer Answer) Admit(this SupervisorLedger ledger, AdmitRequest request, DateTimeOffset now, TimeSpan? lease = null)
    {
        (ledger, var answer, _) = ledger.Screen(request, now);
        if (answer is not null) return (ledger, answer);
        if (ledger.Overload(request, now) is { } problem) return (ledger, new AdmitAnswer.Refused(problem));
        (ledger, var started) = ledger.StartAtOnce(request, lease, now);
        if (started is null) ledger = ledger.Enqueue(request, now).Pumped(now, lease);
        return (ledger, ledger.Bulkhead.PermitOf(request.Assignment) is { StartedAt: { } at } ? new AdmitAnswer.Started(at) : new AdmitAnswer.Queued());
    }

    public static SupervisorLedger Pumped(this SupervisorLedger ledger, DateTimeOffset now, TimeSpan? lease = null)
    {
        for (var started = (Permit?)null; ;)
        {
            (ledger, started) = ledger.HandOutNext(lease, now);
            if (started is null) return ledger;
        }
    }

    public static (SupervisorLedger Ledger, LastWord Taken) Complete(this SupervisorLedger ledger, AssignmentId attempt, DateTimeOffset now) =>
        ledger.End(attempt, permit => permit.Settlement(SettlementKind.Completed, now) with { Completion = new() }, Seconds(30), now);
}
