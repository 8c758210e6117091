using Microsoft.Extensions.Time.Testing;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>One schedule, decided by its seed: activations that overlap, pause and crash, and writes that fail, get lost or land late.</summary>
internal sealed class JournalSimulation
{
    private const int StepsMax = 400;
    private const int ActivationsMax = 3;

    private readonly Random _random;
    private readonly JournalRules _rules;
    private readonly JournalLimits _limits;
    private readonly DecidedLog _log = new();
    private readonly SimulatedStorage _storage;
    private readonly FakeTimeProvider _time = new();
    private readonly OneThread _thread = new();
    private readonly List<SimulatedActivation> _activations = [];
    private readonly List<(ContentHash Operation, string Key, long? Value)> _asked = [];
    private SimulatedActivation? _focus;
    private int _starts;
    private int _faults;
    private int _appends;
    private int _erasures;

    private JournalSimulation(int seed, JournalRules rules)
    {
        _random = new(seed);
        _rules = rules;
        _storage = new(_log.Landed);
        _starts = _random.Next(2, 6);
        _faults = _random.Next(0, 4);
        _appends = _random.Next(4, 16);
        _erasures = seed % 3 == 2 ? 3 : 0;
        var slots = _random.Next(3, 5);
        _limits = new()
        {
            Slots = slots,
            Window = _random.Next(1, 5),
            FoldSlots = _random.Next(1, slots),
            SegmentCells = _random.Next(3, 5),
            BaseSegments = _random.Next(1, 4),
            PageBytes = 12,
            PagesMax = 4,
            Operations = 40,
            OperationsPerCell = 2,
            HistoryVersions = _random.Next(1, 8),
            MemoryEntries = 1,
        };
    }

    /// <summary>Runs the schedule of a seed.</summary>
    /// <returns>The first invariant that was broken, or null.</returns>
    public static string? Run(int seed, JournalRules rules = JournalRules.All) => new JournalSimulation(seed, rules).Run();

    private string? Run()
    {
        _thread.Enter(() =>
        {
            for (var step = 0; step < StepsMax && _log.Broken is null && Step(); step++)
            {
                _thread.Pump();
                if (_random.Next(100) == 0) CheckAlone(goesOn: false);
            }
        });
        if (_log.Broken is null) CheckAlone(goesOn: true);
        return _log.Broken;
    }

    // Mostly one activation runs on, so that the others stand still for long.
    private bool Step()
    {
        _activations.RemoveAll(activation => activation.IsDead);
        if (_random.Next(12) == 0 && Disturb()) return true;
        if (_focus is null or { IsDead: true } || _random.Next(8) == 0) _focus = _activations.Count == 0 ? null : _activations[_random.Next(_activations.Count)];
        return (_focus is not null && Advance(_focus)) || _activations.Any(Advance) || Disturb();
    }

    private bool Disturb()
    {
        switch (_random.Next(4))
        {
            case 0 when _storage.Late.Count > 0:
                _storage.LandLate(_random.Next(_storage.Late.Count));
                return true;
            case 1 when _activations.Count > 0 && _starts > 0:
                var crashed = _activations[_random.Next(_activations.Count)];
                crashed.IsDead = true;
                _storage.Abandon(crashed.Calls, _random);
                return true;
            case 2:
                _time.Advance(TimeSpan.FromSeconds(1));
                return true;
            default:
                return Start();
        }
    }

    private bool Start()
    {
        if (_starts == 0 || _activations.Count == ActivationsMax) return false;
        _starts--;
        var activation = new SimulatedActivation(_log, _limits, _time, _rules);
        _activations.Add(activation);
        _focus = activation;
        _ = activation.Start();
        return true;
    }

    private bool Advance(SimulatedActivation activation)
    {
        if (activation.IsDead) return false;
        if (activation.Serves && !activation.IsConfirming && _random.Next(10) == 0)
        {
            _ = activation.Confirm();
            return true;
        }

        if (activation.Serves && !activation.IsAppending && _appends > 0 && (activation.Calls.Count == 0 || _random.Next(3) == 0))
        {
            _appends--;
            _ = activation.Append(Commits(activation));
            return true;
        }

        if (_erasures > 0 && activation is { Serves: true, IsErasing: false } && _random.Next(20) == 0)
        {
            _erasures--;
            _ = activation.Erase();
            return true;
        }

        if (activation.Calls.Count == 0) return false;
        var call = activation.Calls[_random.Next(activation.Calls.Count)];
        activation.Calls.Remove(call);
        Happen(call);
        return true;
    }

    private List<(ContentHash Operation, string Key, long? Value)> Commits(SimulatedActivation activation)
    {
        var commits = new List<(ContentHash Operation, string Key, long? Value)>();
        if (_asked.Count > 0 && _random.Next(3) == 0)
        {
            var again = _asked[_random.Next(Math.Max(0, _asked.Count - 3), _asked.Count)];
            if (!activation.Knows(again.Operation)) commits.Add(again);
        }

        while (commits.Count == 0 || _random.Next(4) == 0)
        {
            var number = _asked.Count + 1L;
            _asked.Add((new((ulong)number, 0, 0, 0), $"k{_random.Next(5)}", _random.Next(4) == 0 ? null : number));
            commits.Add(_asked[^1]);
        }

        return commits;
    }

    private void Happen(SimulatedCall call)
    {
        var fault = call.Content is not null && _faults > 0 && _random.Next(8) == 0 ? _random.Next(1, 4) : 0;
        if (fault > 0) _faults--;
        _storage.Happen(call, fault);
    }

    // From any storage a new activation alone recovers exactly the decided log, knows its history, and can commit.
    private void CheckAlone(bool goesOn)
    {
        var store = _storage.Copy();
        try
        {
            OneThread.Run(async () =>
            {
                var journal = await Recover(store, _log.Agrees);
                await CheckHistory(journal);
                if (goesOn) await GoOn(store, journal);
            });
        }
#pragma warning disable CA1031 // Nothing that a lone activation throws is right.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _log.Break($"Alone, a new activation fails: {fault.Message}");
        }
    }

    private async Task<Journal> Recover(IRecordStore store, Func<JournalRecovery, bool> agrees)
    {
        var journal = new Journal(store, _limits, _time);
        if (!agrees(await journal.Activate(default))) _log.Break("Storage holds something else than the decided log.");
        return journal;
    }

    private async Task CheckHistory(Journal journal)
    {
        var kept = await journal.History(journal.OldestVersion - 1, int.MaxValue);
        var decided = _log.Commits.Skip((int)journal.OldestVersion - 1);
        if (!kept.Select(entry => (entry.Version, entry.Operation!.Id)).SequenceEqual(decided.Select(entry => (entry.Version, entry.Operation!.Id)))) _log.Break("The history has a hole, or is another.");
    }

    private async Task GoOn(IRecordStore store, Journal journal)
    {
        var (version, values) = (_log.Commits.Count, _log.Values);
        for (var i = 0; i < 2 * _limits.Slots; i++)
        {
            values = values.SetItem("alone", i);
            await journal.Append([new(++version, default, [new("alone", default, SimulatedActivation.Bytes(i))])], new SimulatedActivation.Numbers(values));
        }

        await Recover(store, recovery => recovery.Version == version && recovery.Live.Count == values.Count);
    }
}
