using Microsoft.Extensions.Options;

namespace Rosud.Hosting;

/// <summary>Ends requests that would never end by themselves, event streams and long polls, soon after a stop was asked for.</summary>
internal static class Draining
{
    public static void UseDraining(this WebApplication app)
    {
        var drained = new CancellationTokenSource(Timeout.InfiniteTimeSpan, app.Services.GetRequiredService<TimeProvider>());
        var drainTime = app.Services.GetRequiredService<IOptions<HostingOptions>>();
        app.Lifetime.ApplicationStopping.Register(() => drained.CancelAfter(drainTime.Value.DrainTime));
        app.Lifetime.ApplicationStopped.Register(drained.Dispose);
        app.Use(async (context, next) =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drained.Token);
            context.RequestAborted = either.Token;
            await next(context);
        });
    }
}
