using System.Collections.Immutable;

namespace Rosud.Supervision;

// What outlives the supervisor, and who hears when it changes: storage, metrics, the log and the channels whose runs were here.
internal sealed partial class SupervisorGrain
{
    private const int TransitionsKept = 32;
    private const int ChannelsTold = 64;
    private Quarantine _quarantine = Quarantine.None;
    private ImmutableArray<BreakerTransition> _transitions = [];

    private SupervisorRecord Saved() => _breakers.Save() with { Quarantine = _quarantine.Steps, Transitions = _transitions };

    private void Moved(string? network, BreakerStateKind from, BreakerStateKind to, BreakerReason reason, DateTimeOffset? retryAt)
    {
        var moved = new BreakerTransition(Now, network, from, to, reason);
        _transitions = (_transitions.Length < TransitionsKept ? _transitions : _transitions.RemoveAt(0)).Add(moved);
        SupervisionMetrics.Moved(to, reason);
        LogMoved(_ledger.Agent.Name, network ?? "every network", from, to, reason);
        _ = _writes.Request();
        TellChannels(new(_ledger.Agent.Name, network, null, from, to, reason, Now, retryAt));
    }

    // An operator's word is about every network at once.
    private void Forced(Breakers next)
    {
        var before = _breakers;
        _breakers = next;
        if (before.ForcedOpen != next.ForcedOpen)
        {
            Moved(null, before.ForcedOpen ? BreakerStateKind.ForcedOpen : BreakerStateKind.Closed, next.ForcedOpen ? BreakerStateKind.ForcedOpen : BreakerStateKind.Closed, BreakerReason.Operator, null);
        }

        foreach (var (network, breaker) in before.ByNetwork)
        {
            if (breaker.State != next[network].State) Moved(network, breaker.State, next[network].State, BreakerReason.Operator, null);
        }
    }

    // R12: what failed three times on the same view will fail a fourth time.
    private void Suspect(Kept kept, DateTimeOffset now)
    {
        (_ledger, var isPoison) = _ledger.Failed(kept.Assignment, now);
        if (!isPoison || kept.Request is not { } request) return;
        _quarantine = _quarantine.With(kept.Assignment.Step, Quarantine.WorkOf(request), now);
        SupervisionMetrics.Quarantined.Add(1);
        LogPoison(_ledger.Agent.Name, kept.Assignment.Step);
        _ = _writes.Request();
    }

    private void TellChannels(BreakerNotice notice)
    {
        foreach (var channel in _ledger.ChannelsOfRuns(ChannelsTold)) grains.GetGrain<IBreakerListener>(channel.Key).BreakerMoved(notice).Ignore();
    }

    [Microsoft.Extensions.Logging.LoggerMessage(Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "The breaker of agent {Agent} for {Network} went from {From} to {To}: {Reason}.")]
    private partial void LogMoved(string agent, string network, BreakerStateKind from, BreakerStateKind to, BreakerReason reason);

    [Microsoft.Extensions.Logging.LoggerMessage(Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "Step {Step} failed three times at agent {Agent} on the same view and is refused for ten minutes.")]
    private partial void LogPoison(string agent, string step);
}
