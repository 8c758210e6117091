using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Rosud.Tenants;

namespace Rosud.Telemetry;

/// <summary>Metrics for Prometheus at <c>/metrics</c>; all signals over OTLP when the standard variable <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to.</summary>
internal static class HostTelemetry
{
    /// <summary>The name of Rosud's own meter and activity source.</summary>
    public const string Name = "Rosud";

    /// <summary>The name of Orleans' meter.</summary>
    public const string Orleans = "Microsoft.Orleans";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("rosud", serviceInstanceId: builder.Configuration["Orleans:Endpoints:SiloPort"]))
            .WithMetrics(metrics => metrics
                .AddMeter(Name, Orleans)
                .AddQuietViews()
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());

        if (!AreTracesCollected(builder.Configuration)) return;
        telemetry
            .WithTracing(traces => traces
                .AddSource(Name, "Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Lifecycle", "Microsoft.Orleans.Storage")
                .AddAspNetCoreInstrumentation())
            .UseOtlpExporter();
    }

    /// <summary>Whether anybody collects traces. One that nobody collects costs each grain call two filters and an activity.</summary>
    public static bool AreTracesCollected(IConfiguration configuration) => !string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);

    /// <summary>Without what costs more to look at than it says: the size of the directory's cache is counted entry by entry.</summary>
    public static MeterProviderBuilder AddQuietViews(this MeterProviderBuilder metrics) => metrics.AddView("orleans-directory-cache-size", MetricStreamConfiguration.Drop);

    public static void MapMetrics(this WebApplication app) =>
        app.MapPrometheusScrapingEndpoint("/metrics").RequireAuthorization(Rights.Host).WithMetadata(new ExcludeFromDescriptionAttribute());
}
