using System.Collections.Concurrent;
using System.Diagnostics;
using Rosud.Histories;

namespace Rosud.Load;

/// <summary>Takes down what everybody asked and was told, on one monotonic clock. Used by all at once.</summary>
internal sealed class Recorder
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly ConcurrentQueue<(string Channel, WriteOperation Write)> _writes = new();
    private readonly ConcurrentQueue<(string Channel, ReadOperation Read)> _reads = new();
    private long _lost;
    private long _accepted;

    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>Attempts that were not answered or answered with "later".</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public long Accepted => Interlocked.Read(ref _accepted);

    public void WasLost() => Interlocked.Increment(ref _lost);

    public void Add(string channel, WriteOperation write)
    {
        if (write.Told == Told.Accepted) Interlocked.Increment(ref _accepted);
        _writes.Enqueue((channel, write));
    }

    public void Add(string channel, ReadOperation read) => _reads.Enqueue((channel, read));

    public IEnumerable<WriteOperation> Writes(string channel) => _writes.Where(item => item.Channel == channel).Select(item => item.Write);

    public IEnumerable<ReadOperation> Reads(string channel) => _reads.Where(item => item.Channel == channel).Select(item => item.Read);

    /// <summary>The longest time in which a channel acknowledged nothing, of what lies between two moments.</summary>
    public TimeSpan LongestSilence(string channel, TimeSpan from, TimeSpan to)
    {
        var (longest, last) = (TimeSpan.Zero, from);
        foreach (var at in Writes(channel).Where(write => write.Told == Told.Accepted).Select(write => write.Answered).Where(at => at > from && at < to).Order().Append(to))
        {
            if (at - last > longest) longest = at - last;
            last = at;
        }

        return longest;
    }
}
