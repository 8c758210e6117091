using System.Collections.Immutable;
using System.Globalization;
using Rosud.Journal;

namespace Rosud.Networks;

/// <summary>The days of one network: each a durable value of its own, written by the network's grain alone and on its scheduler. The newest ones used are kept open.</summary>
internal sealed class NetworkDays(IJournals journals, string network)
{
    private const string Kind = "rosud.network-day";
    private const int OpenMax = 100;

    private readonly Dictionary<DateOnly, Open> _open = [];
    private readonly Dictionary<DateOnly, Task<Open>> _opening = [];

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
        var date = DateOnly.FromDateTime(at.UtcDateTime);
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
        return _open[date] = new(stored, new(stored.Value ?? new(ImmutableSortedDictionary<int, SlotRecord>.Empty)));
    }

    private sealed record Open(IDurableValue<DayRecord> Stored, NetworkDay Day);
}
