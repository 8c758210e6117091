using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>A stretch of one step's time. <c>work</c> becomes rework when its attempt is not accepted.</summary>
internal readonly record struct PathSpan(string Kind, DateTimeOffset From, DateTimeOffset To, int Attempt);

/// <summary>What happened in a run and when: the source of its numbers. All instants are the driver's; others' are pressed between those around them.</summary>
internal sealed class RunTimeline(DateTimeOffset acceptedAt, int steps)
{
    private const int EventsMax = 10_000;
    private readonly Track[] _tracks = [.. Enumerable.Range(0, steps).Select(_ => new Track())];
    private readonly ImmutableArray<TimelineEvent>.Builder _events = ImmutableArray.CreateBuilder<TimelineEvent>();

    public DateTimeOffset AcceptedAt { get; } = acceptedAt;

    public ImmutableArray<TimelineEvent> Events => _events.ToImmutable();

    /// <summary>How many events there are.</summary>
    public int Count => _events.Count;

    /// <summary>The event with this number, from 0.</summary>
    public TimelineEvent this[int number] => _events[number];

    /// <summary>What the step waited for came, last from <paramref name="releasedBy"/>. Only the first call counts.</summary>
    public void Ready(int step, int? releasedBy, DateTimeOffset at)
    {
        if (_tracks[step].ReadyAt is not null) return;
        _tracks[step].ReadyAt = _tracks[step].Cursor = Later(at, AcceptedAt);
        _tracks[step].ReleasedBy = releasedBy;
    }

    /// <summary>The stretch that ends at <paramref name="at"/> was of this kind. An instant before the last one marks nothing.</summary>
    public void Mark(int step, int attempt, string kind, DateTimeOffset at)
    {
        var track = _tracks[step];
        if (track.ReadyAt is null || at <= track.Cursor) return;
        track.Spans.Add(new(kind, track.Cursor, at, attempt));
        track.Cursor = at;
    }

    public bool IsReady(int step) => _tracks[step].ReadyAt is not null;

    public DateTimeOffset? ReadyAt(int step) => _tracks[step].ReadyAt;

    public int? ReleasedBy(int step) => _tracks[step].ReleasedBy;

    /// <summary>Until when the step's time is told.</summary>
    public DateTimeOffset Cursor(int step) => _tracks[step].Cursor;

    public IReadOnlyList<PathSpan> Spans(int step) => _tracks[step].Spans;

    public void Add(DateTimeOffset at, string kind, StepState? step = null, ContextVersion? version = null, string? detail = null)
    {
        if (_events.Count < EventsMax) _events.Add(new(at, kind, step?.Plan.Id, step?.Agent, step?.Attempt ?? 0, version, detail));
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private sealed class Track
    {
        public DateTimeOffset? ReadyAt { get; set; }

        public int? ReleasedBy { get; set; }

        public DateTimeOffset Cursor { get; set; }

        public List<PathSpan> Spans { get; } = [];
    }
}
