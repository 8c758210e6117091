using System.Runtime.CompilerServices;
using Rosud.Context;

namespace Rosud.Channels;

/// <summary>A feed that tells what a test says, and then waits to be left.</summary>
internal sealed class ScriptedFeeds(params FeedItem[] items) : IChannelFeeds
{
    public FeedPosition? After { get; private set; }

    /// <summary>Set, the feed ends by itself after its items.</summary>
    public bool Ends { get; init; }

    public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static FeedItem.Commit Commit(long version, string key, string json, string? run = null) => new(new Change(
        new(version), DateTimeOffset.UnixEpoch, new("planner", run, run is null ? null : "plan", run is null ? 0 : 1), [new(new(key), JsonValue.Parse(json))]));

    public static FeedItem.Notice Notice(long version, long number, string type, string json) =>
        new(new ChannelNotice(new(version), number, type, DateTimeOffset.UnixEpoch, JsonValue.Parse(json)));

    public async IAsyncEnumerable<FeedItem> Follow(ChannelId channel, FeedPosition? after, [EnumeratorCancellation] CancellationToken cancellationToken, Action? joined = null)
    {
        After = after;
        joined?.Invoke();
        foreach (var item in items) yield return item;
        if (Ends) yield break;
        using var left = cancellationToken.Register(() => Left.TrySetResult());
        await Left.Task;
        cancellationToken.ThrowIfCancellationRequested();
    }
}
