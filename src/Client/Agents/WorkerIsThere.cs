using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Rosud.Agents;

/// <summary>Agents without anybody who takes for them are a mistake, said at the start.</summary>
internal sealed class WorkerIsThere(IServiceProvider host) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => host.GetService<AgentWorker>() is not null
        ? Task.CompletedTask
        : throw new InvalidOperationException("AddRosudAgent needs builder.AddRosudClient(): without it nobody takes assignments.");

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
