using Rosud.Channels;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.W4;

/// <summary>What a host of W4 has beside the product's own: a store and a clock that are harmed on demand, and a way to ask where a channel lives.</summary>
internal static class HarmedHost
{
    /// <summary>A setting of the benchmarks' host.</summary>
    public const string Setting = "--Bench:Harmed=true";

    public static void Add(IServiceCollection services)
    {
        var clock = new JumpingClock();
        services.AddSingleton(clock);
        services.AddSingleton<TimeProvider>(new SteadyTime(clock));
        HarmedStore.Wrap(services);
    }

    public static void Map(WebApplication app)
    {
        app.MapPost("/bench/clock", (JumpingClock clock) => clock.Jump());
        app.MapPost("/bench/store/{ms:int}", (int ms, HarmedStores stores) => stores.Fail(TimeSpan.FromMilliseconds(ms)));
        app.MapGet("/bench/place/{channel}", async (string channel, IGrainFactory grains) =>
        {
            var place = await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grains.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, channel).Key));
            return place?.Endpoint.Port ?? 0;
        });
    }
}
