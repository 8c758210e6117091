using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Rosud.Journal;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Networks;

/// <summary>Holds a network's policy, durably at once, and its totals, durably within a second.</summary>
[GrainType("rosud.network"), Reentrant, HashBasedPlacement]
internal sealed class NetworkGrain(IJournals journals, Catalog catalog, ILogger<NetworkGrain> logger) : Grain, INetworkGrain, INetworkPanel, INetworkSums
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    private NetworkId _id;
    private IDurableValue<NetworkRecord> _stored = null!;
    private NetworkTotals _totals = null!;
    private NetworkDays _days = null!;
    private Task _writing = Task.CompletedTask;
    private IGrainTimer? _timer;
    private bool _dirty;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = NetworkId.FromKey(this.GetPrimaryKeyString());
        _stored = journals.OpenValue<NetworkRecord>(this.GetGrainId());
        await _stored.Activate(cancellationToken);
        _days = new(journals, _id.Key, Stored.Pending);
        _totals = new(_stored.Value?.Totals ?? new());
        if (_stored.Value is { Revision: > 0 }) await Index.Add(_id.Name);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        if (_dirty && reason.ReasonCode != DeactivationReasonCode.ActivationFailed) await Write(() => Record);
    }

    public async Task<NetworkOutcome> Configure(CoordinationPolicy policy)
    {
        if (!Names.IsValid(_id.Name)) return new NetworkOutcome.Refused(Problem.Invalid("/network", "A name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit."));
        var errors = PolicyRules.Check(policy);
        if (errors.Length > 0) return new NetworkOutcome.Refused(new(ProblemKind.InvalidRequest, "The policy has faults.") { Errors = errors });
        if (!Has(policy)) await Write(() => Has(policy) ? Record : Record with { Revision = Record.Revision + 1, Policy = policy });
        await catalog.Changed(_id.Tenant);
        await Index.Add(_id.Name);
        return new NetworkOutcome.Found(View);
    }

    public Task<NetworkOutcome> Describe() => Task.FromResult<NetworkOutcome>(Stored.Revision > 0 || _id.Name == NetworkId.DefaultName
        ? new NetworkOutcome.Found(View)
        : new NetworkOutcome.Refused(new(ProblemKind.NotFound, "There is no such network.")));

    public Task<NetworkMetrics> Metrics() => Task.FromResult(_totals.Metrics());

    public async Task<PeriodOutcome> Compare(PeriodQuery query)
    {
        if (await Describe() is NetworkOutcome.Refused unknown) return new PeriodOutcome.Refused(unknown.Problem);
        if (PeriodRules.Check(query) is { Length: > 0 } errors) return new PeriodOutcome.Refused(new(ProblemKind.InvalidRequest, "The times make no sense.") { Errors = errors });
        var (from, split, to) = (PeriodRules.Slot(query.From), PeriodRules.Slot(query.Split), PeriodRules.SlotAfter(query.To));
        var slots = await _days.Slots(from, to);
        return new PeriodOutcome.Found(PeriodStatistics.Report(_id.Name, PeriodStatistics.Of(from, split, slots), PeriodStatistics.Of(split, to, slots)));
    }

    public async Task Report(RunResult result)
    {
        var ended = result.EndedAt ?? result.AcceptedAt;
        var day = await _days.Of(ended);   // Before anything is counted: a report that fails here is made again.
        if (!_totals.Add(result)) return;
        day.Add(result, ended);
        WriteSoon();
    }

    public Task<StoredTotals> Totals() => Task.FromResult(_totals.Stored with { Counted = [] });

    public Task<NetworkState> GetState() => Task.FromResult(new NetworkState(_id.Name, Stored.Revision, _totals.Metrics().Runs));

    private NetworkRecord Stored => _stored.Value ?? new();

    // Encodes every histogram: only for a write, never on the path of a run.
    private NetworkRecord Record => Stored with { Totals = _totals.Stored, Pending = _days.Pending };

    // A new network is stored also with the default policy; `default` itself needs no storing for that.
    private bool Has(CoordinationPolicy policy) => Stored.SameAs(policy) && (Stored.Revision > 0 || _id.Name == NetworkId.DefaultName);

    private NetworkView View => new(_id, Stored.Revision, Stored.Policy);

    private IndexEntry Index => new(GrainFactory, _id.Tenant, "networks");

    private void WriteSoon()
    {
        _dirty = true;
        _timer ??= this.RegisterGrainTimer(Save, new() { DueTime = WriteEvery, Period = Timeout.InfiniteTimeSpan, Interleave = true });
    }

    private Task Save(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        _timer = null;
        return Write(() => Record);
    }

    // One write at a time, each of what the record is when its turn comes.
    private Task Write(Func<NetworkRecord> make) => _writing = Land(_writing, make);

    private async Task Land(Task before, Func<NetworkRecord> make)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _dirty = false;
        try
        {
            await _stored.Write(make());
            await _days.Write();
        }
        catch (JournalFencedException fault)
        {
            logger.LogWarning(fault, "Network {Network} is served elsewhere now.", _id);
            DeactivateOnIdle();
            throw new UnknownOutcomeException("The network moved while this was being written. Repeat it.");
        }
        catch
        {
            WriteSoon();   // What was counted is not forgotten because a store was away.
            throw;
        }
    }
}
