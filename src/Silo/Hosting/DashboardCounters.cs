using OpenTelemetry;
using OpenTelemetry.Metrics;
using Rosud.Telemetry;

namespace Rosud.Hosting;

/// <summary>
/// Gives the dashboard the silo's counters every ten seconds. The dashboard does it each second, whether anybody looks or not, and cannot be told otherwise:
/// that was a sixth of what an idle silo used.
/// </summary>
internal sealed class DashboardCounters(IServiceProvider services) : IHostedService, IDisposable
{
    private const string DashboardHost = "Orleans.Dashboard.DashboardHost";
    private const string DashboardExporter = "Orleans.Dashboard.Implementation.DashboardTelemetryExporter";

    private MeterProvider? _counters;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var dashboard = typeof(Orleans.Dashboard.DashboardOptions).Assembly;
        var host = services.GetServices<IHostedService>().OfType<IDisposable>().FirstOrDefault(service => service.GetType().FullName == DashboardHost);
        if (host is null || dashboard.GetType(DashboardExporter) is not { } type || services.GetService(type) is not BaseExporter<Metric> exporter) return Task.CompletedTask;

        host.Dispose();   // It has started: what it has beside the counters is done.
        _counters = Sdk.CreateMeterProviderBuilder()
            .AddMeter(HostTelemetry.Orleans)
            .AddQuietViews()
            .AddReader(new PeriodicExportingMetricReader(exporter, (int)Dashboard.CountersInterval.TotalMilliseconds))
            .Build();
        _counters.ForceFlush();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _counters?.Dispose();
}
