using System.Diagnostics.Metrics;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>What channels count. No names of tenants or channels: labels stay few.</summary>
internal static class ChannelMeter
{
    private static readonly Meter Meter = new("Rosud");
    private static readonly Counter<long> Commits = Meter.CreateCounter<long>("rosud.context.commits", "{commit}", "Versions made.");
    private static readonly Counter<long> Records = Meter.CreateCounter<long>("rosud.context.records", "{record}", "Journal records written for them.");
    private static readonly Counter<long> Commands = Meter.CreateCounter<long>("rosud.channel.commands", "{command}", "Commands decided.");
    private static readonly Counter<long> Patches = Meter.CreateCounter<long>("rosud.context.patches", "{patch}", "Patches by outcome.");

    private static readonly Counter<long> Reads = Meter.CreateCounter<long>("rosud.context.reads", "{read}", "Reads of contexts by callers: counted, not chained.");

    public static void Read() => Reads.Add(1);

    public static void Landed(int commands, int commits, bool written)
    {
        Commands.Add(commands);
        if (commits > 0) Commits.Add(commits);
        if (written) Records.Add(1);
    }

    public static void Patched(PatchOutcome outcome) => Patches.Add(1, new KeyValuePair<string, object?>("outcome", outcome switch
    {
        PatchOutcome.Applied applied => Tenants.SnakeCase.Of(applied.Effect),
        PatchOutcome.Stale => "stale",
        PatchOutcome.Conflict => "conflict",
        _ => "refused",
    }));
}
