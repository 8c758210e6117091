using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>One schedule of a durable value, decided by its seed.</summary>
internal sealed class DurableValueSimulation
{
    private static readonly Serializer<JsonValue> Serializer =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer<JsonValue>>();

    private readonly Random _random;
    private readonly JournalRules _rules;
    private readonly SimulatedStorage _storage;
    private readonly FakeTimeProvider _time = new();
    private readonly OneThread _thread = new();
    private readonly List<Activation> _activations = [];
    private RecordFrame? _last;
    private string? _broken;
    private int _faults;
    private int _values;

    private DurableValueSimulation(int seed, JournalRules rules)
    {
        _random = new(seed);
        _rules = rules;
        _faults = _random.Next(0, 4);
        _storage = new(content => Landed(RecordFrame.Read(content)));
    }

    private long Position => _last?.Position ?? 0;

    /// <summary>Runs the schedule of a seed.</summary>
    /// <returns>The first promise that was broken, or null.</returns>
    public static string? Run(int seed, JournalRules rules = JournalRules.All) => new DurableValueSimulation(seed, rules).Run();

    private string? Run()
    {
        _thread.Enter(() =>
        {
            for (var step = 0; step < 120 && _broken is null; step++)
            {
                Step();
                _thread.Pump();
            }
        });
        return _broken;
    }

    private void Step()
    {
        _activations.RemoveAll(activation => activation.IsDead);
        switch (_random.Next(20))
        {
            case 0 when _storage.Late.Count > 0:
                _storage.LandLate(_random.Next(_storage.Late.Count));
                return;
            case 1 when _activations.Count > 0:
                var crashed = _activations[_random.Next(_activations.Count)];
                crashed.IsDead = true;
                _storage.Abandon(crashed.Calls, _random);
                return;
            case 2:
                _time.Advance(TimeSpan.FromSeconds(1));
                return;
            case 3 when _activations.Count < 3:
                var started = new Activation();
                _activations.Add(started);
                _ = Start(started);
                return;
            default:
                if (_activations.Count > 0) Advance(_activations[_random.Next(_activations.Count)]);
                return;
        }
    }

    private void Advance(Activation activation)
    {
        if (activation.Calls.Count == 0)
        {
            if (activation.Value is { } value) _ = Write(activation, value);
            return;
        }

        var call = activation.Calls[0];
        activation.Calls.RemoveAt(0);
        var fault = call.Content is not null && _faults > 0 && _random.Next(6) == 0 ? _random.Next(1, 4) : 0;
        if (fault > 0) _faults--;
        _storage.Happen(call, fault);
    }

    private async Task Start(Activation activation)
    {
        var value = new DurableValue<JsonValue>(activation, Serializer, _time, _rules);
        await value.Activate(default);
        activation.Value = value;
        var body = value.Value is { } starts ? Serializer.SerializeToArray(starts) : [];
        var landed = _last is { } last ? last.Body : default;
        if (!landed.Span.SequenceEqual(body)) _broken ??= "An activation starts with another value than the last that landed.";
    }

    private async Task Write(Activation activation, DurableValue<JsonValue> value)
    {
        var before = Position;
        try
        {
            activation.Value = null;
            await value.Write(JsonValue.Parse($"{++_values}"));
            if (Position <= before && _last?.Epoch == value.Epoch) _broken ??= "A write was acknowledged and did not land.";
            activation.Value = value;
        }
        catch (JournalFencedException)
        {
            activation.IsDead = true;
        }
    }

    // A value lands after the one before it, or a newer epoch takes over exactly what is there.
    private void Landed(RecordFrame record)
    {
        var last = _last ?? default;
        var isNext = record.Epoch == last.Epoch && record.Position == last.Position + 1;
        var isTakeover = record.Epoch == last.Epoch + 1 && record.Position == last.Position && (_last is null || record.Body.Span.SequenceEqual(last.Body.Span));
        if (!isNext && !isTakeover) _broken ??= $"Write {record.Position} of epoch {record.Epoch} landed on write {last.Position} of epoch {last.Epoch}.";
        _last = record;
    }

    private sealed class Activation : IRecordStore
    {
        public List<SimulatedCall> Calls { get; } = [];

        public bool IsDead { get; set; }

        /// <summary>The value while it can be written.</summary>
        public DurableValue<JsonValue>? Value { get; set; }

        public Task<StoredRecord> Read(string name) => Add(new(name, null, null)).Reading.Task;

        public Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag) => Add(new(name, content, etag)).Writing.Task;

        private SimulatedCall Add(SimulatedCall call)
        {
            if (!IsDead) Calls.Add(call);
            return call;
        }
    }
}
