using System.Collections.Immutable;
using Rosud.Histories;
using Rosud.Nemeses;

namespace Rosud.Runs;

/// <summary>All that a run has found.</summary>
internal sealed class FaultTally
{
    private readonly List<Episode> _episodes = [];
    private readonly List<(string Channel, Violation Violation)> _violations = [];
    private readonly List<string> _void = [];
    private readonly List<string> _remarks = [];

    public IReadOnlyList<Episode> Episodes => _episodes;

    public IReadOnlyList<(string Channel, Violation Violation)> Violations => _violations;

    /// <summary>Why the run proves nothing; empty when it does.</summary>
    public IEnumerable<string> Voids => [.. _void, .. _episodes.Where(episode => !episode.Bit).Select(episode => $"{episode.Store}: nobody noticed '{episode.Nemesis}'.")];

    public IReadOnlyList<string> Remarks => _remarks;

    public long Accepted { get; private set; }

    public long Stale { get; private set; }

    public long Unknown { get; private set; }

    public long Reads { get; private set; }

    public long Heard { get; private set; }

    public long Gaps { get; private set; }

    public int Histories { get; private set; }

    public void Add(Episode episode) => _episodes.Add(episode);

    public void Void(string why) => _void.Add(why);

    public void Remark(string sentence) => _remarks.Add(sentence);

    public void Add(ChannelHistory history, ImmutableArray<Violation> violations)
    {
        Histories++;
        Accepted += history.Writes.Count(write => write.Told == Told.Accepted);
        Stale += history.Writes.Count(write => write.Told == Told.Stale);
        Unknown += history.Writes.Count(write => write.Told == Told.Unknown);
        Reads += history.Reads.Length;
        Heard += history.Listeners.Sum(listener => listener.Items.OfType<Heard.Commit>().Count());
        Gaps += history.Listeners.Sum(listener => listener.Items.OfType<Heard.Gap>().Count(gap => gap.Version > gap.After));
        _violations.AddRange(violations.Select(violation => (history.Channel, violation)));
    }
}
