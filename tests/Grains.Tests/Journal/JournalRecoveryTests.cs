using System.Collections.Immutable;
using System.Globalization;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Rosud.Journal;

/// <summary>Recovery against the list of what was asked: one process after another, each of which dies at one of its writes.</summary>
public sealed class JournalRecoveryTests
{
    private static readonly Gen<int> Seed = Gen.Int[0, int.MaxValue - 1];

    [Fact]
    public void After_a_crash_at_any_write_the_journal_is_what_was_acknowledged_and_at_most_what_was_on_its_way() =>
        Seed.Sample(seed => OneThread.Run(() => new Lives(seed).Run()), iter: Cases.Of(5_000));

    [Fact]
    public void A_torn_record_is_said_or_was_not_needed_but_never_served() =>
        Seed.Sample(seed => OneThread.Run(async () =>
        {
            var lives = new Lives(seed);
            await lives.Run();
            var random = new Random(seed);
            var names = lives.Storage.Names.Order(StringComparer.Ordinal).ToArray();
            lives.Storage.Tear(names[random.Next(names.Length)], random.NextDouble());
            try
            {
                lives.Check(await JournalOwner.Open(lives.Storage));
            }
            catch (InvalidDataException)
            {
                // Said.
            }
        }), iter: Cases.Of(3_000));

    // Pauses between repetitions are over at once.
    private sealed class ImpatientTime : FakeTimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan) callback(state);
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A few processes, one after the other, over one storage.</summary>
    private sealed class Lives(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<(string Key, string? Value)> _decided = [];
        private (string Key, string? Value)? _pending;

        public MemoryRecordStore Storage { get; } = new();

        public async Task Run()
        {
            for (var life = _random.Next(1, 5); life > 0; life--)
            {
                var store = new CrashingStore(Storage, _random.Next(1, 40), _random.Next(2) == 0, _random);
                await Task.WhenAny(Live(store), store.Died);
            }

            Check(await JournalOwner.Open(Storage));
        }

        /// <summary>What was on its way when a process died may be there or not, but then it is decided.</summary>
        public void Check(JournalOwner owner)
        {
            if (_pending is { } pending && owner.Version == _decided.Count + 1) _decided.Add(pending);
            _pending = null;
            Assert.Equal(_decided.Count, owner.Version);
            Assert.Equal(Replay(), owner.Values);
        }

        private async Task Live(CrashingStore store)
        {
            var owner = await JournalOwner.Open(store, time: new ImpatientTime());
            if (store.Died.IsCompleted) return;
            Check(owner);
            while (true)
            {
                var (key, value) = ($"k{_random.Next(6)}", _random.Next(4) == 0 ? null : _decided.Count.ToString(CultureInfo.InvariantCulture));
                _pending = (key, value);
                await owner.Set(key, value, $"op{_decided.Count}");
                if (store.Died.IsCompleted) return;   // A fold beside it died: nobody hears the answer any more.
                _decided.Add((key, value));
                _pending = null;
            }
        }

        private ImmutableSortedDictionary<string, string> Replay()
        {
            var values = ImmutableSortedDictionary<string, string>.Empty;
            foreach (var (key, value) in _decided) values = value is null ? values.Remove(key) : values.SetItem(key, value);
            return values;
        }
    }
}
