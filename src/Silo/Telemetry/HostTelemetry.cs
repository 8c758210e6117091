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

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("rosud", serviceInstanceId: builder.Configuration["Orleans:Endpoints:SiloPort"]))
            .WithMetrics(metrics => metrics
                .AddMeter(Name, "Microsoft.Orleans")
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());

        // A trace that nobody collects costs each grain call an activity.
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"])) return;
        telemetry
            .WithTracing(traces => traces
                .AddSource(Name, "Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Lifecycle", "Microsoft.Orleans.Storage")
                .AddAspNetCoreInstrumentation())
            .UseOtlpExporter();
    }

    public static void MapMetrics(this WebApplication app) =>
        app.MapPrometheusScrapingEndpoint("/metrics").RequireAuthorization(Rights.Host).WithMetadata(new ExcludeFromDescriptionAttribute());
}
