using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Verdicts;

/// <summary>Hands one task to the baseline as a batch assignment without effects, and reports the pair.</summary>
[GrainType("rosud.shadow"), Reentrant, HashBasedPlacement]
internal sealed class ShadowGrain(
    GrainsOf<IVerdictPairs> verdicts,
    GrainsOf<IAgentGrain> agents,
    GrainsOf<IChannelGrain> channels,
    GrainsOf<ISupervisorDoor> doors,
    TimeProvider time,
    ILogger<ShadowGrain> logger) : Grain, IShadowGrain
{
    private const string Step = "shadow";
    private const int TriesMax = 10;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly Counter<long> Pairs = new Meter("Rosud").CreateCounter<long>("rosud.verdict.shadows", description: "Shadow runs by what became of them.");

    private AcceptedRun? _accepted;
    private ShadowWork? _work;
    private ContextView _view = new(ContextVersion.None, []);
    private PairHalf _several;
    private DateTimeOffset _deadline;
    private long _incarnation;
    private bool _over;

    public Task Start(AcceptedRun accepted, PairHalf several)
    {
        if (_accepted is not null) return Task.CompletedTask;
        (_accepted, _several) = (accepted, several);
        _deadline = time.GetUtcNow() + (accepted.Deadline - accepted.AcceptedAt);
        var longest = _deadline - time.GetUtcNow() + Grace;
        DelayDeactivation(longest);
        this.RegisterGrainTimer(
            _ =>
            {
                End("out_of_time");
                return Task.CompletedTask;
            },
            new() { DueTime = longest, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        Begin().Ignore();
        return Task.CompletedTask;
    }

    public async Task<SettleOutcome> Settle(Settlement settlement)
    {
        if (_over || _work is null || settlement.Assignment.Attempt != _work.Attempt) return Refusals.Fenced();
        if (settlement.Kind == SettlementKind.Deferred)
        {
            End("throttled");
            return new SettleOutcome.Noted();
        }

        var (next, answer) = _work.Settled(settlement);
        if (next == ShadowNext.Again) Admit().Ignore();
        else if (next == ShadowNext.Done) await Pair();
        else End("dropped");
        return answer;
    }

    public Task<SettleOutcome> Publish(AssignmentId assignment, ImmutableArray<ContextWrite> writes)
    {
        if (_over || _work is null || assignment.Attempt != _work.Attempt) return Task.FromResult<SettleOutcome>(Refusals.Fenced());
        _work.Published(writes);
        return Task.FromResult<SettleOutcome>(new SettleOutcome.Published(_view.Version));
    }

    private IVerdictPairs Verdict => verdicts[$"{new NetworkId(_accepted!.Run.Tenant, _accepted.Network).Key}/{_accepted.Task.Class}"];

    private AgentId Baseline => new(_accepted!.Run.Tenant, _accepted.Baseline!);

    private async Task Begin()
    {
        try
        {
            if (!await Verdict.Wants(_accepted!.Baseline!)) End("enough");
            else if (await agents[Baseline.Key].Describe() is not AgentOutcome.Found { Agent.Spec: { ShadowSafe: true } spec }) End("not_shadow_safe");
            else if (!await Snapshot(spec)) End("no_snapshot");
            else await Admit();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            logger.LogWarning(fault, "The shadow of run {Run} could not begin.", _accepted!.Run.Name);
            End("failed_to_begin");
        }
    }

    // What the context was when the several agents began, of what the baseline may read.
    private async Task<bool> Snapshot(AgentSpec spec)
    {
        _work = new(_accepted!, spec);
        if (_accepted!.VersionStart == ContextVersion.None) return true;
        var answer = await OwnReads.Of(() => channels[_accepted.Channel.Key].Read(new() { Keys = spec.Reads, Version = _accepted.VersionStart }));
        if (answer is not ReadOutcome.Found found) return false;
        _view = found.View;
        return true;
    }

    private async Task Admit()
    {
        for (var tries = 0; !_over; tries++)
        {
            switch (await Admission())
            {
                case null when tries < TriesMax:
                    continue;   // Not answered in time: the same attempt is admitted once, however often it is asked for.
                case AdmitAnswer.Bounced bounced when tries < TriesMax:
                    _incarnation = bounced.Incarnation;
                    continue;
                case AdmitAnswer.Refused { Problem: { Kind: ProblemKind.Overloaded, RetryAfter: { } wait } } when tries < TriesMax && time.GetUtcNow() + wait < _deadline:
                    await Task.Delay(wait, time);
                    continue;
                case null or AdmitAnswer.Refused or AdmitAnswer.Bounced:
                    End("refused");
                    return;
                default:
                    return;
            }
        }
    }

    private async Task<AdmitAnswer?> Admission()
    {
        try
        {
            return await doors[Baseline.Key].Admit(Request());
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    // A breaker of its own: what a shadow fails at never closes the agent to real work.
    private AdmitRequest Request()
    {
        var run = Shadows.Of(_accepted!.Run);
        return new()
        {
            Assignment = new(Baseline, run, Step, _work!.Attempt),
            Epoch = 1,
            Incarnation = _incarnation,
            Goal = _accepted.Task.Goal,
            Input = _accepted.Task.Input,
            Context = _view,
            IdempotencyKey = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes($"{run.Key}/{_view.Version}")).ToString(),
            TimeLeft = _deadline - time.GetUtcNow(),
            Timeout = _deadline - time.GetUtcNow(),
            Priority = RunPriority.Batch,
            AcceptedAt = _accepted.AcceptedAt,
            Network = $"{_accepted.Network}/shadow",
            BreakerThreshold = _accepted.BreakerThreshold,
            Isolation = IsolationKind.Bulkhead,
            Shadow = true,
        };
    }

    private async Task Pair()
    {
        if (_over) return;
        End("paired");
        var pair = new PairObservation(_accepted!.Run.Name, _several, _work!.Half);
        for (var tries = 1; ; tries++)
        {
            try
            {
                await Verdict.Observe(_accepted.Baseline!, pair);
                return;
            }
            catch (Exception fault) when (tries < TriesMax && fault is not OutOfMemoryException)
            {
                logger.LogDebug(fault, "The pair of run {Run} is reported again.", pair.Run);
                await Task.Delay(TimeSpan.FromMilliseconds(100 * tries), time);
            }
        }
    }

    private void End(string outcome)
    {
        if (_over) return;
        _over = true;
        Pairs.Add(1, KeyValuePair.Create<string, object?>("outcome", outcome));
        if (_accepted is not null && outcome == "out_of_time") doors[Baseline.Key].Cancel(Shadows.Of(_accepted.Run), 1).Ignore();
        DelayDeactivation(TimeSpan.Zero);
    }
}
