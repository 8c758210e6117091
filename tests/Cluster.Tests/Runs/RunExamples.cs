using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>Small tasks over one key in and one key out.</summary>
internal static class RunExamples
{
    public static Task<IChannelGrain> Prepared(RosudCluster cluster, string name, params string[] agents) => Prepared(cluster, name, null, agents);

    /// <summary>A channel whose key <c>in</c> has a value, at version 1.</summary>
    public static async Task<IChannelGrain> Prepared(RosudCluster cluster, string name, ContextSync? sync, params string[] agents)
    {
        var channel = await cluster.Channel(name, sync, agents);
        Assert.IsType<PatchOutcome.Applied>(await channel.Commit(Patch("in", "in")));
        return channel;
    }

    public static ContextPatch Patch(string key, string value) => new() { Writes = [new(new(key), JsonValue.From(value))], Origin = new("test") };

    public static CoordinateRequest Request(string outputs, params TaskStep[] steps) => new()
    {
        Task = new() { Goal = "test", Outputs = [new(outputs)], Steps = [.. steps] },
        TaskHash = ContentHash.Of("task"u8),
        Timeout = TimeSpan.FromSeconds(60),
    };

    public static TaskStep Step(string id, string agent, string read, string write) => new() { Id = id, Agent = agent, Reads = [new(new(read))], Writes = [new(write)] };

    public static Completion Write(string key, string value) => new() { Writes = [new(new(key), JsonValue.From(value))] };

    public static string Read(IAgentWork work, string key) => work.Assignment.Context.Entries.Single(entry => entry.Key.Value == key).Value.As<string>()!;
}
