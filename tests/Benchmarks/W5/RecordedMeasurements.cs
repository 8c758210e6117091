using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rosud.W5;

/// <summary>What instruments were told while something was done, to tell them the same again without it.</summary>
internal sealed class RecordedMeasurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Action> _told = [];

    public RecordedMeasurements(string[] meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.IsObservable && meters.Contains(instrument.Meter.Name)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>(Keep);
        _listener.SetMeasurementEventCallback<long>(Keep);
        _listener.SetMeasurementEventCallback<double>(Keep);
        _listener.Start();
    }

    public int Count => _told.Count;

    /// <summary>No more is recorded.</summary>
    public void Dispose() => _listener.Dispose();

    /// <summary>Tells the instruments the same again.</summary>
    /// <returns>How long that took.</returns>
    public TimeSpan Repeat()
    {
        var told = _told.ToArray();
        var began = Stopwatch.GetTimestamp();
        foreach (var tell in told) tell();
        return Stopwatch.GetElapsedTime(began);
    }

    private void Keep<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        where T : struct
    {
        var labels = tags.ToArray();
        Action? tell = instrument switch
        {
            Counter<T> counter => () => counter.Add(value, labels),
            UpDownCounter<T> counter => () => counter.Add(value, labels),
            Histogram<T> histogram => () => histogram.Record(value, labels),
            Gauge<T> gauge => () => gauge.Record(value, labels),
            _ => null,
        };
        if (tell is not null) _told.Enqueue(tell);
    }
}
