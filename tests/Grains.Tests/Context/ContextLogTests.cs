using System.Collections.Immutable;
using CsCheck;
using Rosud.Channels;

namespace Rosud.Context;

/// <summary>The log against <see cref="ContextModel"/>, over random histories.</summary>
public sealed class ContextLogTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ContextSync Policy = new();
    private static readonly Origin[] Origins = [new("caller"), new("planner", "c.1", "plan", 1), new("planner", "c.1", "plan", 2), new("writer", "c.1", "write", 1)];
    private static readonly KeyPattern[] Patterns = [new("a"), new("a.b"), new("b"), new("zz"), new("a*"), new("a.*"), new("b*"), new("zz*"), new("*")];

    private static readonly Gen<string> Key = Gen.OneOf("a", "a.b", "a.c", "ab", "a-", "b", "b.a");
    private static readonly Gen<ContextWrite> Write = Gen.Select(Key, Gen.Int[0, 3], (key, value) => new ContextWrite(new(key), value == 3 ? null : JsonValue.Parse($"{value}")));
    private static readonly Gen<ImmutableArray<ContextWrite>> Writes = Write.Array[1, 3].Select(writes => writes.DistinctBy(write => write.Key).ToImmutableArray());
    private static readonly Gen<(ImmutableArray<ContextWrite> Writes, int Origin, int Seconds)[]> History = Gen.Select(Writes, Gen.Int[0, 3], Gen.Int[-1, 3]).Array[0, 30];
    private static readonly Gen<(int BasedOn, int[] Reads, int Reader)> Question = Gen.Select(Gen.Int[0, 30], Gen.Int[0, 8].Array[1, 3], Gen.Int[0, 3]);

    [Fact]
    public void The_log_agrees_with_a_list_of_all_commits() =>
        Gen.Select(History, Question).Sample((history, question) =>
        {
            var (log, model) = Play(history, ContextLimits.Default);
            Assert.Equal(model.Head, log.Head);
            Assert.Equal(model.KeysAt(model.Head), log.Keys);
            Assert.Equal(model.EveryKey.Select(key => model.EntryAt(key, model.Head)), model.EveryKey.Select(log.Find));
            Assert.Equal(log.Keys.Count(), log.Count);
            Assert.Equal(log.Read([]).Sum(entry => entry.Key.Value.Length + entry.Value.Length), log.Bytes);
            var patterns = question.Reads.Select(i => Patterns[i]).ToImmutableArray();
            Assert.Equal(model.KeysAt(model.Head).Where(key => patterns.Any(pattern => pattern.Matches(key))), log.Read(patterns).Select(entry => entry.Key));
            Assert.Equal(Expected(model, log, question), Stale(log, question));
        }, iter: Cases.Of(20_000));

    [Fact]
    public void A_short_memory_never_overlooks_a_change_and_is_exact_where_it_is_complete() =>
        Gen.Select(History, Question, Gen.Int[1, 6], Gen.Int[1, 12]).Sample((history, question, versions, writes) =>
        {
            var (log, model) = Play(history, new() { RememberedVersionsMax = versions, RememberedWritesMax = writes });
            Assert.InRange(log.Memory.Writes, 0, writes + 3);
            AssertSafe(model, log, question);
        }, iter: Cases.Of(20_000));

    [Fact]
    public void A_restored_log_that_remembers_its_history_is_the_log_before() =>
        Gen.Select(History, History, Question, Gen.Int[0, 30], Gen.Int[1, 60]).Sample((history, later, question, kept, room) =>
        {
            var limits = new ContextLimits { RememberedVersionsMax = room };
            var (before, model) = Play(history, limits);
            var log = ContextLog.Restore(before.Head, before.LastCommit, before.Read([])) with { Limits = limits };
            Assert.Equal(before.Bytes, log.Bytes);
            Assert.Equal(before.Read([]).ToArray(), log.Read([]).ToArray());
            var pages = model.Commits.TakeLast(kept)
                .Select(change => (change, change.Writes.Select(write => model.EntryAt(write.Key, new(change.Version.Number - 1))).OfType<ContextEntry>().ToImmutableArray()))
                .ToArray();
            var split = pages.Length / 2;
            log = Play(later[..(later.Length / 2)], log, model);   // Commits go on while the history is read.
            log = log.Remember(pages[split..]);
            log = Play(later[(later.Length / 2)..], log, model);
            log = log.Remember(pages[..split]);
            if (room == 60 && model.Head.Number <= 60) Assert.Equal(before.Head.Number - pages.Length, log.RememberedFrom.Number);
            AssertSafe(model, log, question);
        }, iter: Cases.Of(20_000));

    [Fact]
    public void Only_the_commit_before_what_is_remembered_can_be_remembered()
    {
        var (before, model) = Play([([new(new("a"), JsonValue.Null)], 0, 1), ([new(new("a"), null)], 0, 1)], ContextLimits.Default);
        var log = ContextLog.Restore(before.Head, before.LastCommit, []);

        Assert.Throws<ArgumentException>(() => log.Remember(model.Commits[0], []));
        Assert.Equal(new(1), log.Remember(model.Commits[1], [model.EntryAt(new("a"), new(1))!]).RememberedFrom);
    }

    private static void AssertSafe(ContextModel model, ContextLog log, (int BasedOn, int[] Reads, int Reader) question)
    {
        var expected = Expected(model, log, question);
        var actual = Stale(log, question);
        if (BasedOn(log, question) >= log.RememberedFrom)
        {
            Assert.Equal(expected, actual);
            return;
        }

        foreach (var missed in expected.ExceptBy(actual.Select(stale => stale.Key), stale => stale.Key))
        {
            Assert.Contains(actual, stale => stale.Key.Value.EndsWith('*') && new KeyPattern(stale.Key.Value).Matches(missed.Key));
        }

        // What has not been written since is unchanged for sure, whatever is forgotten.
        Assert.DoesNotContain(actual, stale => log.Find(stale.Key)?.Version <= BasedOn(log, question));
    }

    private static ContextVersion BasedOn(ContextLog log, (int BasedOn, int[] Reads, int Reader) question) => new(Math.Min(question.BasedOn, log.Head.Number));

    private static StaleKey[] Stale(ContextLog log, (int BasedOn, int[] Reads, int Reader) question) =>
        log.StaleReads([.. question.Reads.Select(i => Patterns[i])], BasedOn(log, question), Origins[question.Reader], KeyPolicies.Of(Policy), Now(log)).ToArray();

    private static StaleKey[] Expected(ContextModel model, ContextLog log, (int BasedOn, int[] Reads, int Reader) question)
    {
        var basedOn = BasedOn(log, question);
        var reader = Origins[question.Reader];
        return [.. model.EveryKey
            .Where(key => question.Reads.Any(i => Patterns[i].Matches(key)) && model.IsChanged(key, basedOn, reader))
            .Select(key => new StaleKey(key, basedOn, model.Foreign(key, basedOn, reader)[^1].Version, Now(log) - model.FirstUnseen(key, basedOn, reader)))];
    }

    private static DateTimeOffset Now(ContextLog log) => (log.Head == ContextVersion.None ? Start : log.LastCommit) + TimeSpan.FromSeconds(1);

    private static (ContextLog Log, ContextModel Model) Play((ImmutableArray<ContextWrite> Writes, int Origin, int Seconds)[] history, ContextLimits limits)
    {
        var model = new ContextModel();
        return (Play(history, ContextLog.Empty with { Limits = limits }, model), model);
    }

    private static ContextLog Play((ImmutableArray<ContextWrite> Writes, int Origin, int Seconds)[] history, ContextLog log, ContextModel model)
    {
        foreach (var (writes, origin, seconds) in history)
        {
            var now = (log.Head == ContextVersion.None ? Start : log.LastCommit) + TimeSpan.FromSeconds(seconds);
            var (next, change) = log.Commit(writes, Origins[origin], now);
            Assert.Equal(now > log.LastCommit ? now : log.LastCommit, change.CommittedAt);
            model.Add(change);
            log = next;
        }

        return log;
    }
}
