using System.Collections.Immutable;
using HdrHistogram;
using Rosud.Runs;

namespace Rosud.Networks;

/// <summary>The runs of a network that ended in one quarter of an hour.</summary>
[GenerateSerializer, Immutable, Alias("rosud.network-slot")]
internal sealed record SlotRecord
{
    [Id(0)] public long Runs { get; init; }

    [Id(1)] public long Errors { get; init; }

    [Id(2)] public double CostUsd { get; init; }

    /// <summary>The sum of the squares of the runs' costs.</summary>
    [Id(3)] public double CostSquares { get; init; }

    /// <summary>Their latencies, in HdrHistogram's own encoding.</summary>
    [Id(4)] public ReadOnlyMemory<byte> Latency { get; init; }
}

/// <summary>What is durable of one day of a network: its slots with runs, by their number from 0 to 95.</summary>
[GenerateSerializer, Immutable, Alias("rosud.network-day")]
internal sealed record DayRecord([property: Id(0)] ImmutableSortedDictionary<int, SlotRecord> Slots);

/// <summary>A slot of a day as it was when its network's totals were stored: until the day is stored too, and whatever was stored of it meanwhile, this is what it is.</summary>
[GenerateSerializer, Immutable, Alias("rosud.network-pending-slot")]
internal sealed record PendingSlot([property: Id(0)] DateTimeOffset Day, [property: Id(1)] int Number, [property: Id(2)] SlotRecord Slot);

/// <summary>One day of a network, in UTC. The histogram of the slot that runs end in now is kept open; the others are stored bytes.</summary>
internal sealed class NetworkDay(DayRecord stored)
{
    public static readonly TimeSpan Slot = TimeSpan.FromMinutes(15);

    private ImmutableSortedDictionary<int, SlotRecord> _slots = stored.Slots;
    private (int Number, HistogramBase Latency)? _open;
    private ImmutableSortedSet<int> _changed = [];
    private ImmutableSortedSet<int> _storing = [];

    /// <summary>Whether something was added since it was stored.</summary>
    public bool IsDirty => !_changed.IsEmpty;

    /// <summary>What was added since it was stored: each slot as it is now.</summary>
    public IEnumerable<(int Number, SlotRecord Slot)> Pending
    {
        get
        {
            Close();
            return _changed.Select(number => (number, _slots[number]));
        }
    }

    /// <summary>A slot is what its network says, whatever was stored of it.</summary>
    public void Put(int number, SlotRecord slot)
    {
        _slots = _slots.SetItem(number, slot);
        _changed = _changed.Add(number);
    }

    /// <summary>Counts one run that ended in this day.</summary>
    public void Add(RunResult run, DateTimeOffset ended)
    {
        var number = (int)(ended.UtcDateTime.TimeOfDay / Slot);
        if (_open?.Number != number)
        {
            Close();
            _open = (number, LatencyHistogram.Decode(_slots.GetValueOrDefault(number)?.Latency ?? default));
        }

        LatencyHistogram.Record(_open!.Value.Latency, run.WallMs);
        var slot = _slots.GetValueOrDefault(number) ?? new();
        var cost = (double)RunNumbers.OwnUse(run).CostUsd;
        var isError = run.Status is not (RunStatus.Completed or RunStatus.Partial or RunStatus.Canceled);
        _slots = _slots.SetItem(number, slot with { Runs = slot.Runs + 1, Errors = slot.Errors + (isError ? 1 : 0), CostUsd = slot.CostUsd + cost, CostSquares = slot.CostSquares + (cost * cost) });
        _changed = _changed.Add(number);
    }

    /// <summary>The day as it is stored now.</summary>
    public DayRecord Stored()
    {
        Close();
        (_storing, _changed) = (_changed, []);
        return new(_slots);
    }

    /// <summary>It could not be stored: it must be tried again.</summary>
    public void NotStored() => _changed = _changed.Union(_storing);

    /// <summary>The slots as they are, with the open one.</summary>
    public ImmutableSortedDictionary<int, SlotRecord> Slots
    {
        get
        {
            Close();
            return _slots;
        }
    }

    private void Close()
    {
        if (_open is not { } open) return;
        _slots = _slots.SetItem(open.Number, _slots[open.Number] with { Latency = LatencyHistogram.Encode(open.Latency) });
        _open = null;
    }
}
