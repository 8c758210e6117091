using System.Collections.Immutable;
using System.Globalization;
using Rosud.Journal;

namespace Rosud.Networks;

/// <summary>The days of one network: each a durable value of its own, written by the network's grain alone and on its scheduler. The newest ones used are kept open.</summary>
/// <param name="journals">Where they are stored.</param>
/// <param name="network">The key of the network.</param>
/// <param name="pending">What the network's totals have that a day may not have.</param>
internal sealed class NetworkDays(IJournals journals, string network, ImmutableArray<PendingSlot> pending)
{
    private const string Kind = "rosud.network-day";
    private const int OpenMax = 100;

    private readonly Dictionary<DateOnly, Open> _open = [];
    private readonly Dictionary<DateOnly, Task<Open>> _opening = [];
    private readonly Dictionary<DateOnly, PendingSlot[]> _restored = pending.IsDefault ? [] : pending.GroupBy(slot => DateOf(slot.Day)).ToDictionary(day => day.Key, day => day.ToArray());

    /// <summary>What was added and is not durable in its day: the totals that have it are stored with it, so that a host that is lost between the two writes leaves nothing out.</summary>
    public ImmutableArray<PendingSlot> Pending =>
    [
        .. _open.SelectMany(open => open.Value.Day.Pending.Select(slot => new PendingSlot(new(open.Key, default, TimeSpan.Zero), slot.Number, slot.Slot))),
        .. _restored.Values.SelectMany(slots => slots),
    ];

    /// <summary>The day that runs count on which end at that instant. What is added to it in the same turn is written with it.</summary>
    public async Task<NetworkDay> Of(DateTimeOffset ended) => (await Day(ended)).Day;

    /// <summary>Slots with runs between two instants, in order.</summary>
    public async Task<IReadOnlyList<(DateTimeOffset At, SlotRecord Slot)>> Slots(DateTimeOffset from, DateTimeOffset to)
    {
        var slots = new List<(DateTimeOffset, SlotRecord)>();
        for (var day = from.UtcDateTime.Date; day < to.UtcDateTime; day = day.AddDays(1))
        {
            var start = new DateTimeOffset(day, TimeSpan.Zero);
            foreach (var (number, slot) in (await Day(start)).Day.Slots) slots.Add((start + (number * NetworkDay.Slot), slot));
        }

        return slots;
    }

    /// <summary>Makes durable what was added. Called by one at a time.</summary>
    public async Task Write()
    {
        foreach (var open in _open.Values.ToList())
        {
            if (!open.Day.IsDirty) continue;
            try
            {
                await open.Stored.Write(open.Day.Stored());
            }
            catch
            {
                open.Day.NotStored();
                throw;
            }
        }
    }

    private async Task<Open> Day(DateTimeOffset at)
    {
        var date = DateOf(at);
        if (_open.TryGetValue(date, out var known)) return known;
        if (!_opening.TryGetValue(date, out var opening)) _opening[date] = opening = Load(date);
        try
        {
            return await opening;
        }
        finally
        {
            _opening.Remove(date);
        }
    }

    private void Forget()
    {
        foreach (var (date, open) in _open.OrderBy(day => day.Key))
        {
            if (open.Day.IsDirty) continue;
            _open.Remove(date);
            return;
        }
    }

    private async Task<Open> Load(DateOnly date)
    {
        var stored = journals.OpenValue<DayRecord>(GrainId.Create(Kind, $"{network}/{date.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}"));
        await stored.Activate(CancellationToken.None);
        if (_open.Count >= OpenMax) Forget();
        var open = new Open(stored, new(stored.Value ?? new(ImmutableSortedDictionary<int, SlotRecord>.Empty)));
        if (_restored.Remove(date, out var slots))
        {
            foreach (var slot in slots) open.Day.Put(slot.Number, slot.Slot);
        }

        return _open[date] = open;
    }

    private static DateOnly DateOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);

    private sealed record Open(IDurableValue<DayRecord> Stored, NetworkDay Day);
}
