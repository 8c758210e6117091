using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Histories;

namespace Rosud.Simulation;

/// <summary>A listener behind the product's own feed: announcements are lost and repeated on the way to it, and what it misses is read.</summary>
internal sealed class SimulatedListener(ChannelSimulation simulation, Random random, bool dropsEvents)
{
    private readonly FeedLog _feed = new();
    private readonly Queue<ChannelUpdate> _coming = new();
    private readonly ImmutableArray<Heard>.Builder _heard = ImmutableArray.CreateBuilder<Heard>();
    private ContextVersion? _end;

    public ListenerHistory History => new("The listener", 0, _heard.ToImmutable(), IsWhole: true);

    public void Publish(ChannelUpdate update) => _coming.Enqueue(update);

    /// <summary>Nothing follows this version.</summary>
    public void EndAt(ContextVersion head)
    {
        _end = head;
        _feed.Learn(head);
    }

    public async Task Listen()
    {
        Take(_feed.Start(ContextVersion.None));
        while (_end is not { } end || _feed.Head < end)
        {
            await simulation.Turn();
            if (_coming.TryDequeue(out var update))
            {
                if (random.Next(5) == 0) continue;
                Take(_feed.Hear(update));
                if (random.Next(5) == 0) _coming.Enqueue(update);
            }
            else if (_feed.IsBehind && await (await simulation.Serving()).Changes(_feed.Head) is { } page)
            {
                Take(_feed.Read(page.Changes.IsEmpty ? _feed.Head : new(page.Changes[0].Version.Number - 1), page));
            }
        }
    }

    private void Take(ImmutableArray<FeedItem> items)
    {
        foreach (var item in items)
        {
            if (dropsEvents && random.Next(10) == 0) continue;
            if (item is FeedItem.Commit { Change: var change }) _heard.Add(new Heard.Commit(change.Version.Number, Recorded.Entries(change.Writes)));
            else if (item is FeedItem.Gap gap) _heard.Add(new Heard.Gap(gap.After.Number, gap.Head.Number));
        }
    }
}
