using System.Reflection;

namespace Rosud;

/// <summary>Values decide, grains act: only what is a grain, or named here as machinery, may know the runtime.</summary>
public sealed class BorderTests
{
    private static readonly string[] Runtime = ["Orleans.Runtime", "Orleans.Streaming", "Orleans.Core", "Orleans.Reminders"];

    // Folders whose whole purpose is to speak with the runtime or with storage.
    private static readonly string[] Machinery = ["Rosud.Journal", "Rosud.Streams"];

    // Parts of one grain in files of their own: they run on its scheduler and speak for it.
    private static readonly string[] PartsOfGrains =
    [
        "Rosud.Channels.Announcer", "Rosud.Channels.CommitLoop", "Rosud.Channels.CommitBatch", "Rosud.Channels.CommitCommand", "Rosud.Channels.DriverWatch", "Rosud.Channels.OpenRuns", "Rosud.Channels.ContextHistory", "Rosud.Channels.Sweeper",
        "Rosud.Runs.SiloDeaths", "Rosud.Networks.NetworkDays",
    ];

    [Fact]
    public void Only_grains_and_machinery_know_the_runtime()
    {
        var leaks =
            from type in Types()
            where !IsPartOfGrain(type) && !IsMachinery(type)
            from used in Mentioned(type)
            where Runtime.Contains(used.Assembly.GetName().Name)
            select $"{type.FullName} mentions {used.FullName}";
        Assert.Empty(leaks.Distinct());
    }

    [Fact]
    public void The_context_and_the_runs_rules_are_pure()
    {
        // No task, clock or storage: time comes in as an argument.
        Type[] impure = [typeof(Task), typeof(ValueTask), typeof(TimeProvider), typeof(CancellationToken)];
        var leaks =
            from type in Types()
            where type.Namespace == "Rosud.Context" || type.Name.EndsWith("Rules", StringComparison.Ordinal)
            from used in Mentioned(type)
            where impure.Contains(used.IsGenericType ? used.BaseType : used) || impure.Contains(used)
            select $"{type.FullName} mentions {used.FullName}";
        Assert.Empty(leaks.Distinct());
    }

    [Fact]
    public void Everything_in_the_grains_is_internal() =>
        Assert.Empty(Types().Where(type => type.IsPublic && !IsGenerated(type)).Select(type => type.FullName));

    private static IEnumerable<Type> Types() => Assembly.Load("Rosud.Grains").GetTypes()
        .Where(type => type.Namespace?.StartsWith("Rosud", StringComparison.Ordinal) == true && !IsGenerated(type));

    private static bool IsGenerated(Type type) =>
        type.Namespace?.Contains("OrleansCodeGen", StringComparison.Ordinal) == true
        || type.Name.Contains('<', StringComparison.Ordinal)
        || type.GetCustomAttributes().Any(attribute => attribute.GetType().Name is "GeneratedCodeAttribute" or "CompilerGeneratedAttribute")
        || (type.DeclaringType is { } outer && IsGenerated(outer));

    private static bool IsPartOfGrain(Type type) =>
        typeof(Orleans.IGrainBase).IsAssignableFrom(type)
        || typeof(Orleans.Runtime.IAddressable).IsAssignableFrom(type)
        || PartsOfGrains.Contains(type.FullName)
        || (type.DeclaringType is { } outer && IsPartOfGrain(outer));

    private static bool IsMachinery(Type type) => Machinery.Contains(type.Namespace);

    private static IEnumerable<Type> Mentioned(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return type.GetFields(All).Select(field => field.FieldType)
            .Concat(type.GetMethods(All).SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType)))
            .Concat(type.GetConstructors(All).SelectMany(made => made.GetParameters().Select(parameter => parameter.ParameterType)));
    }
}
