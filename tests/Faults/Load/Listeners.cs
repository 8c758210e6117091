using System.Text.Json;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Histories;

namespace Rosud.Load;

/// <summary>Listens to one channel until it has heard of a version, over however many connections, and takes down what it is told.</summary>
internal abstract class Listener(string name)
{
    private readonly List<Heard> _heard = [];
    private readonly TaskCompletionSource _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last;
    private long _end = long.MaxValue;

    public string Name => name;

    protected long Last => Volatile.Read(ref _last);

    /// <summary>How much it was told.</summary>
    public int Count
    {
        get
        {
            lock (_heard) return _heard.Count;
        }
    }

    /// <summary>Completes when it has heard of the last version, or that can no longer be expected.</summary>
    public async Task<ListenerHistory> Until(long end, TimeSpan within)
    {
        Volatile.Write(ref _end, end);
        if (Last >= end) _whole.TrySetResult();
        await Task.WhenAny(_whole.Task, Task.Delay(within, TimeProvider.System));
        lock (_heard) return new(name, 0, [.. _heard], IsWhole: true);
    }

    public abstract Task Run(CancellationToken stopped);

    protected void Hear(Heard heard)
    {
        var version = heard is Heard.Commit commit ? commit.Version : ((Heard.Gap)heard).Version;
        lock (_heard) _heard.Add(heard);
        Volatile.Write(ref _last, Math.Max(Last, version));
        if (Last >= Volatile.Read(ref _end)) _whole.TrySetResult();
    }
}

/// <summary>Listens as a browser does: server-sent events, and <c>Last-Event-ID</c> after each lost connection.</summary>
internal sealed class SseListener(string name, string channel, HttpCaller caller) : Listener(name)
{
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(25);

    public override async Task Run(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            using var response = await caller.Listen(channel, Last, stopped);
            if (response is not null) await Read(response, stopped);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stopped);
        }
    }

    private async Task Read(HttpResponseMessage response, CancellationToken stopped)
    {
        try
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(stopped));
            string? type = null;
            while (await lines.ReadLineAsync(stopped).AsTask().WaitAsync(SilenceMax, TimeProvider.System, stopped) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) type = line[7..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal)) Hear(type!, JsonDocument.Parse(line[6..]).RootElement.GetProperty("data"));
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or TimeoutException)
        {
            // Its connection is gone; the next one goes on.
        }
    }

    private void Hear(string type, JsonElement told)
    {
        if (type == "commit") Hear(new Heard.Commit(told.GetProperty("version").GetInt64(), HttpCaller.Entries(told)));
        else if (type == "gap") Hear(new Heard.Gap(told.GetProperty("after").GetInt64(), told.GetProperty("version").GetInt64()));
    }
}

/// <summary>Listens as a .NET app does.</summary>
internal sealed class Watcher(string name, IChannel channel) : Listener(name)
{
    public override async Task Run(CancellationToken stopped)
    {
        await foreach (var item in channel.Watch(ContextVersion.None, stopped))
        {
            if (item is FeedItem.Commit { Change: var change }) Hear(new Heard.Commit(change.Version.Number, Recorded.Entries(change.Writes)));
            else if (item is FeedItem.Gap gap) Hear(new Heard.Gap(gap.After.Number, gap.Head.Number));
        }
    }
}
