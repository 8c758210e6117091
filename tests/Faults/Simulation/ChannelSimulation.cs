using System.Globalization;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Histories;
using Rosud.Journal;
using Rosud.Mutants;
using Rosud.Tenants;

namespace Rosud.Simulation;

/// <summary>
/// One schedule, decided by its seed: callers and listeners of one channel whose activations overlap, stand still and crash. All that decides is the
/// product's own code: patches, commit loop, journal and what listeners are told. What comes of it is a history, for the checker.
/// </summary>
internal sealed class ChannelSimulation : IDisposable
{
    private const int StepsMax = 600;
    private const int CrashesMax = 3;
    private const int Sessions = 3;

    public static readonly ChannelId Id = new(TenantId.Default, "simulated");
    private static readonly ServiceProvider Serializers = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private readonly Random _random;
    private readonly string? _mutant;
    private readonly ChannelCodec _codec = new(Serializers.GetRequiredService<Serializer>(), Options.Create(ContextLimits.Default));
    private readonly Dictionary<string, (ReadOnlyMemory<byte> Content, string ETag)> _records = [];
    private readonly List<SimulatedChannel> _activations = [];
    private readonly List<TaskCompletionSource> _turns = [];
    private readonly FakeTimeProvider _time = new();
    private readonly OneThread _thread = new();
    private readonly JournalLimits _limits = new() { Slots = 6, Window = 2, FoldSlots = 3, SegmentCells = 64, BaseSegments = 2 };
    private readonly SimulatedListener _listener;
    private readonly List<SimulatedSession> _sessions;
    private int _crashes;
    private long _writes;
    private bool _isEnding;
    private Task _opening = Task.CompletedTask;

    private ChannelSimulation(int seed, string? mutant)
    {
        (_random, _mutant) = (new(seed), mutant);
        _listener = new(this, _random, dropsEvents: mutant == Mutant.DroppedEvent);
        _sessions = [.. Enumerable.Range(1, Sessions).Select(number => new SimulatedSession(number, this, _random))];
    }

    /// <summary>Time as the history has it: every step is a moment.</summary>
    public TimeSpan Now { get; private set; }

    public bool IsEnding => _isEnding;

    /// <param name="seed">Decides everything.</param>
    /// <param name="mutant">One of <see cref="Mutant"/>'s, or null for the platform as it is.</param>
    public static ChannelHistory Run(int seed, string? mutant = null)
    {
        using var simulation = new ChannelSimulation(seed, mutant);
        return simulation.Run();
    }

    public void Dispose() => _time.Advance(TimeSpan.Zero);

    /// <summary>Waits until the schedule comes back to whoever asks.</summary>
    public Task Turn()
    {
        var turn = new TaskCompletionSource();
        _turns.Add(turn);
        return turn.Task;
    }

    /// <summary>Some activation that serves: callers may still know an old one.</summary>
    public async Task<SimulatedChannel> Serving()
    {
        while (true)
        {
            var serving = _activations.Where(activation => activation is { IsGone: false, Loop: not null }).ToList();
            if (serving.Count > 0) return serving[_random.Next(serving.Count)];
            await Turn();
        }
    }

    public ContextPatch Mutated(ContextPatch patch) => _mutant switch
    {
        Mutant.NoValidation => patch with { Reads = [] },
        Mutant.NoOperationId => patch with { OperationId = null },
        _ => patch,
    };

    private ChannelHistory Run()
    {
        Task<List<LogEntry>>? reading = null;
        Task<List<TaskRun>>? runs = null;
        _thread.Enter(() =>
        {
            var made = Make();
            for (var step = 0; step < StepsMax && !made.IsCompleted; step++) Step(mayCrash: false);
            if (!made.IsCompletedSuccessfully) throw new InvalidOperationException("The channel could not be made.", made.Exception);
            var listening = _listener.Listen();
            var sessions = _sessions.ConvertAll(session => session.Run());
            for (var step = 0; step < StepsMax && !sessions.TrueForAll(session => session.IsCompleted); step++) Step(mayCrash: true);
            _isEnding = true;
            for (var step = 0; step < StepsMax && !sessions.TrueForAll(session => session.IsCompleted); step++) Step(mayCrash: false);
            (reading, runs) = (ReadLog(), ReadRuns());
            for (var step = 0; step < 4 * StepsMax && !(reading.IsCompleted && runs.IsCompleted && listening.IsCompleted); step++) Step(mayCrash: false);
        });
        if (reading is not { IsCompletedSuccessfully: true } || runs is not { IsCompletedSuccessfully: true }) throw new InvalidOperationException($"The schedule does not come to an end: {Waiting()}", reading?.Exception ?? _opening.Exception);
        return new("simulated")
        {
            Writes = [.. _sessions.SelectMany(session => session.Writes)],
            Reads = [.. _sessions.SelectMany(session => session.Reads)],
            Listeners = [_listener.History],
            Log = [.. reading.GetAwaiter().GetResult()],
            Runs = [.. _sessions.SelectMany(session => session.Runs), .. runs.GetAwaiter().GetResult()],
        };
    }

    private string Waiting() => string.Join("; ", _activations.Select(activation => $"{(activation.Loop is null ? "opening" : "serving")}, {activation.Calls.Count} calls").Append($"{_turns.Count} turns"));

    private async Task Make()
    {
        while (await (await Serving()).Create(Id) is not ChannelOutcome.Found) await Turn();
    }

    private async Task<List<LogEntry>> ReadLog()
    {
        var log = new List<LogEntry>();
        while (true)
        {
            if (await (await Serving()).Changes(new(log.Count)) is not { } page)
            {
                await Turn();
                continue;
            }

            log.AddRange(page.Changes.Select(Recorded.Commit));
            if (log.Count >= page.Head.Number)
            {
                _listener.EndAt(page.Head);
                return log;
            }
        }
    }

    private async Task<List<TaskRun>> ReadRuns()
    {
        while (true)
        {
            if (await (await Serving()).Runs() is { } runs) return runs;
            await Turn();
        }
    }

    // Mostly things go on; now and then an activation is lost, or another begins beside those that serve.
    private void Step(bool mayCrash)
    {
        Now += TimeSpan.FromMilliseconds(1);
        _activations.RemoveAll(activation => activation.IsGone);
        var calls = _activations.SelectMany(activation => activation.Calls.Select(call => (activation, call))).ToList();
        if (_activations.Count == 0 || (mayCrash && _activations.Count < 3 && _random.Next(60) == 0)) Start();
        else if (mayCrash && _crashes < CrashesMax && _random.Next(40) == 0) Crash();
        else if (calls.Count > 0 && (_turns.Count == 0 || _random.Next(3) > 0)) Happen(calls[_random.Next(calls.Count)]);
        else if (_turns.Count > 0) Continue(_turns[_random.Next(_turns.Count)]);
        _thread.Pump();
        _time.Advance(TimeSpan.FromMilliseconds(500));
        _thread.Pump();
    }

    private void Start()
    {
        var activation = new SimulatedChannel(_codec, _limits, _time, _mutant, _listener.Publish);
        _activations.Add(activation);
        _opening = activation.Open();
    }

    private void Crash()
    {
        _crashes++;
        _activations[_random.Next(_activations.Count)].Die();
    }

    private void Continue(TaskCompletionSource turn)
    {
        _turns.Remove(turn);
        turn.SetResult();
    }

    private void Happen((SimulatedChannel Activation, StorageCall Call) next)
    {
        var (activation, call) = next;
        activation.Calls.Remove(call);
        var found = _records.TryGetValue(call.Name, out var record);
        if (call.Content is not { } content)
        {
            call.Reading.SetResult(found ? new(record.Content, record.ETag) : default);
            return;
        }

        if (record.ETag != call.ETag && _mutant != Mutant.NoCompare)
        {
            call.Writing.SetException(new InvalidOperationException("The record has changed since it was read."));
            return;
        }

        var etag = (++_writes).ToString(CultureInfo.InvariantCulture);
        _records[call.Name] = (content, etag);
        if (_random.Next(30) == 0) call.Writing.SetException(new IOException("It landed, and nobody heard of it."));
        else call.Writing.SetResult(etag);
    }
}
