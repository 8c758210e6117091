using Rosud.Agents;
using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>Tasks, patches and answers, short.</summary>
internal static class RunWords
{
    public static async Task<IChannelGrain> Prepared(RosudCluster cluster, string name, ContextSync? sync, params string[] agents)
    {
        var channel = await cluster.Channel(name, sync, agents);
        await Put(channel, "in", "in");
        return channel;
    }

    public static async Task Put(IChannelGrain channel, string key, string value) =>
        Assert.IsType<PatchOutcome.Applied>(await channel.Commit(new() { Writes = [new(new(key), JsonValue.From(value))], Origin = new("test") }));

    public static CoordinateRequest Request(string outputs, params TaskStep[] steps) => new()
    {
        Task = new() { Goal = "test", Outputs = [new(outputs)], Steps = [.. steps] },
        TaskHash = ContentHash.Of("task"u8),
        Timeout = TimeSpan.FromSeconds(60),
    };

    public static TaskStep Step(string id, string agent, string read, string write) => new() { Id = id, Agent = agent, Reads = [new(new(read))], Writes = [new(write)] };

    public static Completion Write(string key, string value) => new() { Writes = [new(new(key), JsonValue.From(value))] };

    public static string Read(ContextView view, string key) => view.Entries.Single(entry => entry.Key.Value == key).Value.As<string>()!;

    public static async Task<ContextEntry?> Entry(IChannelGrain channel, string key) =>
        Assert.IsType<ReadOutcome.Found>(await channel.Read(new())).View.Entries.FirstOrDefault(entry => entry.Key.Value == key);
}
