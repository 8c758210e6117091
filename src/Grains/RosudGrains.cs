using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Runs;
using Rosud.Supervision;

namespace Rosud;

/// <summary>Everything that a silo needs to run Rosud's grains, beside Orleans and its providers.</summary>
internal static class RosudGrains
{
    /// <summary>Adds the grains' services. Storage <c>rosud</c>, reminders and the stream provider <c>rosud</c> come from configuration.</summary>
    public static IServiceCollection AddRosudGrains(this IServiceCollection services)
    {
        services.TryAddSingleton<TimeProvider>(_ => new SteadyTime(TimeProvider.System));
        services.AddOptions<ContextLimits>().BindConfiguration(ContextLimits.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ContextLimits>, ContextLimitsRanges>());
        services.TryAddSingleton<ChannelCodec>();
        services.TryAddSingleton(typeof(GrainsOf<>));
        return services.AddRosudJournals().AddRosudSupervision().AddRosudRuns();
    }
}
