using System.Globalization;
using Rosud.Histories;

namespace Rosud.Load;

/// <summary>One caller that does one thing at a time: writes, some relying on what it saw, and reads.</summary>
internal sealed class Session(int number, int seed, ICaller caller, IReadOnlyList<string> channels, Recorder recorder, TimeSpan pace)
{
    /// <summary>A channel keeps its last 10,000 versions, and its whole log is read in the end.</summary>
    private const long VersionsMax = 8_000;

    private const int Keys = 8;
    private static readonly TimeSpan GivesUpAfter = TimeSpan.FromSeconds(25);

    private readonly Random _random = new(HashCode.Combine(seed, number));
    private readonly Dictionary<string, long> _seen = channels.ToDictionary(channel => channel, _ => 0L);
    private int _operations;

    /// <summary>Goes on until it is told to stop, and ends what it began.</summary>
    /// <param name="reads">How many of ten things are reads.</param>
    /// <param name="stop">Begins nothing new.</param>
    /// <param name="cut">Ends everything.</param>
    public async Task Run(int reads, CancellationToken stop, CancellationToken cut)
    {
        while (!stop.IsCancellationRequested)
        {
            var channel = channels[_random.Next(channels.Count)];
            if (_random.Next(10) < reads) await Read(channel, cut);
            else if (_seen[channel] < VersionsMax) await Write(channel, cut);
            await Task.Delay(pace, TimeProvider.System, cut);
        }
    }

    /// <summary>Reads or writes, once.</summary>
    public Task Once(string channel, CancellationToken cut) =>
        _random.Next(2) == 0 ? Read(channel, cut) : Write(channel, cut);

    public async Task<bool> Read(string channel, CancellationToken cut)
    {
        long? plainFrom = _random.Next(4) == 0 ? _seen[channel] : null;
        var invoked = recorder.Now;
        if (await caller.Read(channel, plainFrom, cut) is not { } view) return false;
        recorder.Add(channel, new ReadOperation(number, invoked, recorder.Now, view.Version, view.Content) { IsPlain = plainFrom is not null, MinVersion = plainFrom ?? 0 });
        _seen[channel] = Math.Max(_seen[channel], view.Version);
        return true;
    }

    // The same operation is sent until its end is known; some are given up, and nobody knows what became of them.
    private async Task Write(string channel, CancellationToken cut)
    {
        var write = Next(channel);
        var givesUpAtOnce = _random.Next(20) == 0;
        (Told Told, long Version)? told = null;
        try
        {
            while ((told = await caller.Commit(channel, write, cut)) is null && !givesUpAtOnce && recorder.Now - write.Invoked < GivesUpAfter)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(20, 120)), TimeProvider.System, cut);
            }
        }
        finally
        {
            recorder.Add(channel, write with { Answered = recorder.Now, Told = told?.Told ?? Told.Unknown, Version = told?.Version ?? 0 });
        }

        if (told is { Version: var version }) _seen[channel] = Math.Max(_seen[channel], version);
    }

    private WriteOperation Next(string channel)
    {
        var operation = string.Create(CultureInfo.InvariantCulture, $"s{number}-{++_operations}");
        var first = _random.Next(Keys);
        string[] keys = _random.Next(3) == 0 ? [Key(first), Key(first + 1)] : [Key(first)];
        var write = new WriteOperation(number, operation, [.. keys.Select(key => new Entry(key, Recorded.Value(operation, key)))], recorder.Now, recorder.Now);
        return _random.Next(2) == 0 ? write : write with { BasedOn = _seen[channel], Reads = [Key(_random.Next(Keys))] };
    }

    private static string Key(int index) => string.Create(CultureInfo.InvariantCulture, $"k{index % Keys}");
}
