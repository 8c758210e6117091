using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;

namespace Rosud.Verdicts;

/// <summary>What a shadow does next.</summary>
internal enum ShadowNext
{
    /// <summary>Another attempt.</summary>
    Again,

    /// <summary>It is over, and its half of the pair stands.</summary>
    Done,

    /// <summary>The platform, not the agent, ended it: it is no pair.</summary>
    Dropped,
}

/// <summary>How one agent does a task alone: its attempts, what they cost, and whether the wanted is there in the end. A value but for its sums.</summary>
/// <remarks>It may fail as often as the run may. The time it waits for a permit is not counted: it waits behind all real work by design, which one agent alone would not.</remarks>
internal sealed class ShadowWork(AcceptedRun accepted, AgentSpec baseline)
{
    private const int LostMax = 5;

    private readonly Dictionary<ContextKey, JsonValue?> _written = [];
    private TimeSpan _worked;
    private decimal _cost;
    private int _failures;
    private int _lost;
    private bool _succeeded;

    /// <summary>The number of the current attempt, from 1.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>The shadow's half of the pair.</summary>
    public PairHalf Half => new(_succeeded, _worked.TotalMilliseconds, (double)_cost);

    /// <summary>Keys published early belong to what the agent wrote.</summary>
    public void Published(ImmutableArray<ContextWrite> writes)
    {
        foreach (var write in writes) _written[write.Key] = write.Value;
    }

    /// <summary>Takes in how an attempt ended, and says what is next and what the agent is answered.</summary>
    public (ShadowNext Next, SettleOutcome Answer) Settled(Settlement settlement)
    {
        if (settlement.StartedAt is { } started) _worked += settlement.EndedAt - started;
        switch (settlement.Kind)
        {
            case SettlementKind.Completed when settlement.Completion is { } completion:
                return Completed(completion);
            case SettlementKind.Failed or SettlementKind.TimedOut or SettlementKind.LeaseLost:
                return (settlement.Retryable && _failures++ < accepted.RetryBudget ? Again() : ShadowNext.Done, new SettleOutcome.Noted());
            case SettlementKind.Lost:
                return (_lost++ < LostMax ? Again() : ShadowNext.Dropped, new SettleOutcome.Noted());
            default:
                return (ShadowNext.Dropped, new SettleOutcome.Noted());
        }
    }

    private (ShadowNext Next, SettleOutcome Answer) Completed(Completion completion)
    {
        _cost += PriceTable.CostOf(accepted.Prices, AgentName, completion.Usage);
        foreach (var write in completion.Writes) _written[write.Key] = write.Value;
        if ((Fault() ?? FaultOf(completion.Output)) is { } fault)
        {
            return (_failures++ < accepted.RetryBudget ? Again() : ShadowNext.Done, new SettleOutcome.Settled(SettleKind.Rejected, null, fault));
        }

        _succeeded = true;
        return (ShadowNext.Done, new SettleOutcome.Settled(SettleKind.Accepted, null));
    }

    private string AgentName => accepted.Baseline!;

    private ShadowNext Again()
    {
        Attempt++;
        _written.Clear();
        return ShadowNext.Again;
    }

    private string? FaultOf(JsonValue? output) => baseline.OutputSchema is { } schema ? OutputSchemas.Fault(KeySchema.Of(schema), output) : null;

    // The same bar as for several agents: everything wanted is there, within the contract, and acceptable to the schemas of the task.
    private string? Fault()
    {
        var writes = _written.Select(write => new ContextWrite(write.Key, write.Value)).ToImmutableArray();
        if (writes.Any(write => !baseline.Writes.Any(may => may.Matches(write.Key)))) return "It writes a key that the agent did not declare.";
        if (accepted.Outputs.Any(wanted => !writes.Any(write => write.Value is not null && wanted.Matches(write.Key)))) return "Something wanted is missing.";
        var schemas = AcceptanceSchemas.Compile(accepted.Steps);
        return accepted.Steps.Select(step => schemas.Fault(step, [.. writes.Where(write => step.Writes.Any(may => may.Matches(write.Key)))])).FirstOrDefault(fault => fault is not null);
    }
}
