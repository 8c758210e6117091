using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Channels;

internal sealed partial class ChannelGrain : IBreakerListener
{
    public Task BreakerMoved(BreakerNotice notice)
    {
        if (!Durable.Exists) return Task.CompletedTask;
        _announcer?.Announce([], [new(Durable.Log.Head, 0, "breaker", notice.At, JsonValue.From(new
        {
            agent = notice.Agent,
            network = notice.Network,
            dependency = notice.Dependency,
            from = SnakeCase.Of(notice.From),
            state = SnakeCase.Of(notice.To),
            reason = SnakeCase.Of(notice.Reason),
            retry_at = notice.RetryAt,
        }))], deleted: false);
        return Task.CompletedTask;
    }
}
