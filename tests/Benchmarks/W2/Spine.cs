using System.Collections.Immutable;
using System.Globalization;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Workloads;

namespace Rosud.W2;

/// <summary>Eight handlers of 50 ms behind one another, of which an event needs three: the first decides the route, one of six works, the last answers.</summary>
internal static class Spine
{
    public const int Handlers = 8;
    public const double HandlerSeconds = 0.05;
    public const double RoundTripSeconds = 0.0625;
    public const int RoundTrips = 4;
    private const string Route = "route";
    private const int OnRoute = 3;

    /// <summary>The handlers that one event needs, when routing is conditional.</summary>
    public static ImmutableArray<int> Needed { get; } = [1, OnRoute, Handlers];

    private static readonly ImmutableArray<AgentScript> Scripts =
        [.. Enumerable.Range(1, Handlers).Select(number => new AgentScript(Name(number), HandlerSeconds, 0, 0) { Writes = number == 1 ? [Route, Key(1)] : [Key(number)] })];

    private static readonly SimulatedAgents AtWork = new(seed: 1, scale: 1);

    public static IEnumerable<string> Names => Scripts.Select(script => script.Name);

    public static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"handler-{number}");

    public static AgentScript Script(string name) => Scripts.Single(script => script.Name == name);

    /// <summary>Adds the handlers to a silo, in its process.</summary>
    public static void Add(IServiceCollection services)
    {
        foreach (var script in Scripts) services.AddRosudAgent(script.Name, Spec(script), (_, stopped) => Handle(script, stopped));
    }

    /// <summary>50 ms of work, wherever it is called from.</summary>
    public static async Task<Dictionary<string, string>> Work(AgentScript script, CancellationToken stopped)
    {
        await AtWork.Work(script, task: 0, attempt: 1, new(), publish: null, stopped);
        return script.Writes.ToDictionary(key => key, key => key == Route ? Name(OnRoute) : $"what {script.Name} found");
    }

    /// <summary>An event that takes its route.</summary>
    public static CoordinationTask Routed(string goal) => new()
    {
        Goal = goal,
        Outputs = [Key(Handlers)],
        Steps = [.. Scripts.Select((script, i) => i == 0 ? Step(script, []) : i == Handlers - 1 ? Last(script) : Step(script, [Key(1)]) with { When = new(new(Route)) { Equal = JsonValue.From(script.Name) } })],
    };

    /// <summary>An event that every handler has to see, one after another.</summary>
    public static CoordinationTask Whole(string goal) => new()
    {
        Goal = goal,
        Outputs = [Key(Handlers)],
        Steps = [.. Scripts.Select((script, i) => Step(script, i == 0 ? [] : [Key(i)]))],
    };

    private static async Task<Completion> Handle(AgentScript script, CancellationToken stopped) =>
        new() { Writes = [.. (await Work(script, stopped)).Select(write => ContextWrite.Set(write.Key, write.Value))] };

    // It reads whatever the handlers on the route found.
    private static TaskStep Last(AgentScript script) => Step(script, []) with
    {
        Reads = [.. Enumerable.Range(2, Handlers - 2).Select(number => new StepRead(new(Key(number)), Optional: true))],
    };

    private static TaskStep Step(AgentScript script, string[] reads) => new()
    {
        Id = script.Name,
        Agent = script.Name,
        Reads = [.. reads.Select(read => new StepRead(new(read)))],
        Writes = [.. script.Writes.Select(write => new KeyPattern(write))],
    };

    private static AgentSpec Spec(AgentScript script) => new()
    {
        Reads = ["found.*"],
        Writes = [.. script.Writes.Select(write => new KeyPattern(write))],
        MaxConcurrency = 128,
        QueueLimit = 10_000,
    };

    private static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"found.{number}");
}
