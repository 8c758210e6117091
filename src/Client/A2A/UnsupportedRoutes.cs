using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Rosud.Hosting;

namespace Rosud.A2A;

/// <summary>What the protocol has and Rosud has not: refused by the protocol's names.</summary>
internal static class UnsupportedRoutes
{
    public static void Map(RouteGroupBuilder channel)
    {
        channel.Map("/tasks/{task}/pushNotificationConfigs/{**rest}", () => RpcError.Of(400, "PUSH_NOTIFICATION_NOT_SUPPORTED", "There are no push notifications: follow the task with :subscribe.")).NeverHeldBack();
        channel.MapGet("/extendedAgentCard", () => RpcError.Of(400, "UNSUPPORTED_OPERATION", "There is no extended card.")).NeverHeldBack();
    }
}
