using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Rosud.Journal;
using Rosud.Networks;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>The channel's grain: puts every command through the commit loop and announces what landed.</summary>
[GrainType("rosud.channel"), Reentrant, HashBasedPlacement]
internal sealed partial class ChannelGrain(
    IJournals journals,
    ChannelCodec codec,
    GrainsOf<IRunDriver> drivers,
    Catalog catalog,
    GrainsOf<INetworkGrain> networks,
    TimeProvider clock,
    ILogger<ChannelGrain> logger)
    : Grain, IChannelGrain, IRunLog, IWakeable, IChannelPanel, IRemindable, IDisposable
{
    // How long an activation may serve plain reads without looking whether it is still the one.
    private static readonly TimeSpan ConfirmEvery = TimeSpan.FromSeconds(1);

    private readonly ChannelState _empty = new(codec);
    private ChannelId _id;
    private IJournal _journal = null!;
    private CommitLoop? _loop;
    private Announcer? _announcer;
    private DriverWatch? _drivers;
    private OpenRuns? _openRuns;
    private Recollection? _past;
    private Task? _opening;
    private Task _listing = Task.CompletedTask;
    private long _confirmedAt;

    private ChannelState Durable => _loop?.Durable ?? _empty;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = ChannelId.FromKey(this.GetPrimaryKeyString());
        _journal = journals.Open(this.GetGrainId());
        await Opened();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Dispose();
        if (_loop is null) return;
        if (reason.ReasonCode == DeactivationReasonCode.ShuttingDown) LetGo(_loop);
        await _loop.Finish().WaitAsync(cancellationToken);
        await _journal.Deactivate(cancellationToken);
    }

    public void Dispose()
    {
        _announcer?.Dispose();
        _drivers?.Dispose();
    }

    public async Task<ChannelOutcome> Create(ChannelSpec spec, OperationKey? operation = null)
    {
        var errors = ChannelRules.Check(spec.Agents, spec.Sync);
        if (!Names.IsValid(_id.Name)) errors = errors.Add(new("/id", "A name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.", "invalid_name"));
        if (await networks[new NetworkId(_id.Tenant, spec.Network).Key].Describe() is not NetworkOutcome.Found)
        {
            errors = errors.Add(new("/network", "There is no such network: configure it first.", "unknown_network"));
        }

        if (errors.Length > 0) return Invalid(errors);
        if (Durable.Record is { DeletedAt: not null, IsErased: false }) await Purge();
        var outcome = await Decide(draft => ChannelRules.Create(draft, _id, spec, operation), make: true);
        if (outcome is not ChannelOutcome.Found) return outcome;
        await _listing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await Index.Add(_id.Name);
        return outcome;
    }

    public async Task<ChannelOutcome> Configure(ImmutableArray<string>? agents, ContextSync? sync, OperationKey? operation = null)
    {
        var errors = ChannelRules.Check(agents ?? [], sync ?? new());
        return errors.Length > 0 ? Invalid(errors) : await Decide(draft => ChannelRules.Configure(draft, _id, agents, sync, operation));
    }

    public async Task<ChannelOutcome> Describe()
    {
        var state = await Confirmed();
        return state.Exists ? new ChannelOutcome.Found(ChannelRules.View(_id, state), false) : new ChannelOutcome.Refused(ChannelRules.NotFound);
    }

    public async Task<ChannelOutcome> Delete()
    {
        var outcome = await Decide(ChannelRules.Delete);
        if (outcome is not ChannelOutcome.Deleted) return outcome;
        await _openRuns!.Emptying();
        Purge().Ignore();
        await _listing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await Index.Remove(_id.Name);
        return outcome;
    }

    public Task<ImmutableArray<RunSummary>> Runs(string? after, int limit, RunStatus? status)
    {
        var runs = Durable.Runs;
        var live = runs.Live.Values.Select(run => new RunSummary(run.Accepted.Run, run.End?.Status ?? (QuestionRules.IsAsking(run) ? RunStatus.InputRequired : RunStatus.Working), run.Accepted.AcceptedAt, run.End?.At));
        var stubs = runs.Stubs.Values.Select(stub => new RunSummary(stub.Run, stub.End.Status, stub.AcceptedAt, stub.End.At));
        return Task.FromResult(live.Concat(stubs)
            .Where(run => (status is null || run.Status == status) && string.CompareOrdinal(run.Run.Name, after) > 0)
            .OrderBy(run => run.Run.Name, StringComparer.Ordinal).Take(Math.Clamp(limit, 1, 501)).ToImmutableArray());
    }

    public Task<ChannelGrainState> GetState() => Task.FromResult(new ChannelGrainState(
        _id.Name, Durable.Log.Head.Number, Durable.Log.Count, Durable.Log.Bytes, Durable.Runs.Live.Count, Durable.Exists));

    internal void KeepAlive(TimeSpan time) => DelayDeactivation(time);

    internal void Warn(Exception fault, string what) => logger.LogWarning(fault, "Channel {Channel}: {What}", _id, what);

    private IndexEntry Index => new(GrainFactory, _id.Tenant, "channels");

    // A channel that nobody made leaves nothing behind: it is decided on an empty value, and only making it opens the journal.
    private async Task<T> Decide<T>(Func<Draft, T> decide, int bytes = 512, bool make = false, bool isPatient = false) => await Opened(make)
        ? await _loop!.Decide(decide, bytes, isPatient)
        : decide(new(_empty, clock.GetUtcNow(), _ => null));

    private async ValueTask<bool> Opened(bool make = false)
    {
        if (_loop is not null) return true;
        if (!make && _opening is null && !await _journal.Exists()) return false;
        try
        {
            await (_opening ??= Open());
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            Fenced(fault);   // A journal is opened once: the next activation begins anew.
            throw new UnknownOutcomeException("The channel could not be opened: storage did not answer. Repeat it.");
        }

        return true;
    }

    private async Task Open()
    {
        var began = clock.GetTimestamp();
        var recovery = await _journal.Activate(CancellationToken.None);
        _confirmedAt = began;
        var state = await ContextHistory.Remember(codec.Restore(recovery), _journal);
        var stream = this.GetStreamProvider(ChannelUpdates.Provider)
            .GetStream<ChannelUpdate>(StreamId.Create(ChannelUpdates.Namespace, this.GetPrimaryKeyString()));
        _announcer = new(stream, recovery.Epoch, clock, fault => logger.LogWarning(fault, "An announcement of channel {Channel} was lost.", _id));
        _announcer.StartAt(state.Log.Head);
        _drivers = new(drivers, clock, logger);
        var loop = new CommitLoop(_journal, state, clock, Landed, fault => Warn(fault, "What followed a record failed."), Fenced);
        _openRuns = new(this, loop, _drivers, clock);
        _openRuns.Look(state.Runs);
        _past = new(_journal, loop, clock, fault => Warn(fault, "More of the past could not be read."));
        _loop = loop;
        if (state.Exists) _retries = new(clock.GetUtcNow());
        foreach (var run in state.Runs.Open) _past.Reach(run.Accepted.VersionStart).AsTask().Ignore();   // What its attempts saw is not older.
        if (state.Record is { DeletedAt: not null, IsErased: false }) Purge().Ignore();
        _listing = Listed(state);
        _listing.Ignore();
    }

    // The list is wrong when a silo died between the record and it.
    private Task Listed(ChannelState state) => state.Record is null ? Task.CompletedTask : state.Exists ? Index.Add(_id.Name) : Index.Remove(_id.Name);

    // Takes the value first and then makes sure that nothing newer was acknowledged elsewhere.
    private async Task<ChannelState> Confirmed()
    {
        if (!await Opened()) return _empty;
        var state = Durable;
        var asked = clock.GetTimestamp();   // Not when the answer came: a process that stood still meanwhile would take it for news.
        try
        {
            await _journal.Confirm();
        }
        catch (JournalFencedException fault)
        {
            Fenced(fault);
            throw new UnknownOutcomeException("The channel moved while this was being read. Read again.");
        }

        _confirmedAt = Math.Max(_confirmedAt, asked);
        return state;
    }

    private Task<ChannelState> Plain() =>
        clock.GetElapsedTime(_confirmedAt) < ConfirmEvery ? Task.FromResult(Durable) : Confirmed();

    private void Landed(CommitBatch batch)
    {
        var gone = batch.Before.Exists && !batch.After.Exists;
        if (batch.After.Exists || gone)
        {
            _announcer!.Announce(batch.Changes, batch.Notices, gone);
            _drivers!.Tell([.. batch.After.Runs.Open], batch.Changes, batch.Accepted);
        }

        ChannelMeter.Landed(batch.Commands.Count, batch.Changes.Count, batch.Entries.Count > 0);
        _openRuns!.Landed(batch.Before.Runs, batch.After.Runs);
    }

    private void Fenced(Exception fault)
    {
        logger.LogWarning(fault, "Channel {Channel} gives up this activation.", _id);
        DeactivateOnIdle();
    }

    private static ChannelOutcome.Refused Invalid(ImmutableArray<ProblemError> errors) =>
        new(new(ProblemKind.InvalidRequest, "The channel's configuration has faults.") { Errors = errors });
}
