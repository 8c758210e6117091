using Microsoft.Extensions.Hosting;

namespace Rosud.Channels;

/// <summary>Ends all listening while the cluster can still be told: before anything of the host stops.</summary>
internal sealed class FeedsShutdown(ChannelFeeds feeds) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken) => feeds.DisposeAsync().AsTask().WaitAsync(cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
