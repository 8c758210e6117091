using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>Lists runs of one channel, or of all of a tenant's channels in the order of their names.</summary>
internal sealed class RunListing(IGrainFactory grains, TenantId tenant, RunStatus? status)
{
    /// <summary>How many channels one request asks; the rest is for the next page.</summary>
    private const int ChannelsMax = 64;

    /// <summary>After every run of a channel: no run's id has this letter.</summary>
    private const string End = "~";

    public async Task<RunListBody> OfChannel(ChannelId channel, string? after, int limit)
    {
        var runs = await grains.GetGrain<IChannelGrain>(channel.Key).Runs(after, limit + 1, status);
        return runs.Length > limit ? Page(runs[..limit], runs[limit - 1].Run.Name) : Page(runs, null);
    }

    public async Task<RunListBody> OfTenant(string? after, int limit)
    {
        var found = ImmutableArray.CreateBuilder<RunSummary>();
        var channel = after is null ? null : ChannelOf(after);
        if (after is not null && !after.EndsWith(End, StringComparison.Ordinal)) found.AddRange(await Runs(channel!, after, limit + 1));
        var (names, more) = await Listing.ReadAsync(grains, tenant, "channels", channel, ChannelsMax);
        foreach (var name in names)
        {
            if (found.Count > limit) break;
            found.AddRange(await Runs(name, null, limit + 1 - found.Count));
        }

        ImmutableArray<RunSummary> runs = [.. found];
        if (runs.Length > limit) return Page(runs[..limit], runs[limit - 1].Run.Name);
        return Page(runs, more ? $"{names[^1]}.{End}" : null);
    }

    /// <summary>Whether <paramref name="after"/> can be the end of a page: a run, or the end of a channel.</summary>
    public static bool IsCursor(TenantId tenant, string after) =>
        RunId.TryParse(tenant, after, out _) || (after.EndsWith($".{End}", StringComparison.Ordinal) && Names.IsValid(ChannelOf(after)));

    private static string ChannelOf(string after) => after[..after.LastIndexOf('.')];

    private Task<ImmutableArray<RunSummary>> Runs(string channel, string? after, int limit) =>
        grains.GetGrain<IChannelGrain>(new ChannelId(tenant, channel).Key).Runs(after, limit, status);

    private static RunListBody Page(ImmutableArray<RunSummary> runs, string? next) => new([.. runs.Select(RunSummaryBody.Of)], next);
}
