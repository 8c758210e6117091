using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Rosud.Journal;
using Rosud.Networks;

namespace Rosud.Verdicts;

/// <summary>Keeps the pairs of one task class, durably within a second, and asks the statistics what they say.</summary>
[GrainType("rosud.verdict"), Reentrant, HashBasedPlacement]
internal sealed class VerdictGrain(IJournals journals, GrainsOf<INetworkGrain> networks, ILogger<VerdictGrain> logger) : Grain, IVerdictGrain, IVerdictPairs, IVerdictPanel
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    private IDurableValue<VerdictRecord> _stored = null!;
    private VerdictRecord _record = new();
    private Verdict? _verdict;
    private IGrainTimer? _timer;
    private Task _writing = Task.CompletedTask;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _stored = journals.OpenValue<VerdictRecord>(this.GetGrainId());
        await _stored.Activate(cancellationToken);
        _record = _stored.Value ?? new();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        if (reason.ReasonCode != DeactivationReasonCode.ActivationFailed) await Write();
    }

    public Task<Verdict> Describe(string baseline)
    {
        if (_record.Baseline != baseline) return Task.FromResult(Of(_record.For(baseline)));
        return Task.FromResult(_verdict ??= Of(_record));
    }

    public Task<bool> Wants(string baseline) => Task.FromResult(_record.For(baseline).Pairs.Length < Looks.Last);

    public async Task Observe(string baseline, PairObservation pair)
    {
        // A shadow may end long after the policy has named another baseline, whose pairs are here by then.
        if (!_record.IsAbout(baseline) && await Named() != baseline) return;
        var next = _record.For(baseline).With(pair);
        if (ReferenceEquals(next, _record)) return;
        (_record, _verdict) = (next, null);
        _timer ??= this.RegisterGrainTimer(Save, new() { DueTime = WriteEvery, Period = Timeout.InfiniteTimeSpan, Interleave = true });
    }

    public Task<VerdictState> GetState() => Task.FromResult(new VerdictState(_record.Baseline, _record.Pairs.Length));

    private string Key => this.GetPrimaryKeyString();

    private string Network => Key[..Key.LastIndexOf('/')];

    private string TaskClass => Key[(Key.LastIndexOf('/') + 1)..];

    private Verdict Of(VerdictRecord record) =>
        VerdictStatistics.Of(record.Pairs, Seed(Key)) with { TaskClass = TaskClass, Baseline = record.Baseline };

    // The baseline that the network's policy names for the class now.
    private async Task<string?> Named() => await networks[Network].Describe() is NetworkOutcome.Found { Network.Coordination.Verdict: { } verdict }
        ? verdict.Baselines.GetValueOrDefault(TaskClass)
        : null;

    // The same for the same class, on every silo.
    private static ulong Seed(string key) => key.Aggregate(14695981039346656037UL, (hash, c) => (hash ^ c) * 1099511628211UL);

    private Task Save(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        _timer = null;
        return Write();
    }

    private Task Write() => _writing = Land(_writing);

    private async Task Land(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (ReferenceEquals(_record, _stored.Value) || _record.Baseline == "") return;
        try
        {
            await _stored.Write(_record);
        }
        catch (JournalFencedException fault)
        {
            logger.LogWarning(fault, "The verdict {Verdict} is served elsewhere now.", Key);
            DeactivateOnIdle();
        }
    }
}
