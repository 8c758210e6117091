using CsCheck;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Tests.Channels;

public class FeedLogTests
{
    [Fact]
    public void A_commit_that_follows_the_head_is_told_and_its_repetition_is_not()
    {
        var log = Started(at: 3);
        Assert.Equal(4, Commit(Assert.Single(log.Hear(Update(3, 4)))));
        Assert.Empty(log.Hear(Update(3, 4)));
        Assert.False(log.IsBehind);
    }

    [Fact]
    public void A_hole_is_told_only_after_it_was_read()
    {
        var log = Started(at: 3);
        Assert.Empty(log.Hear(Update(4, 6)));
        Assert.True(log.IsBehind);
        Assert.Equal([4L, 5L, 6L], log.Read(log.Head, Page(3, 6)).Select(Commit));
        Assert.False(log.IsBehind);
    }

    [Fact]
    public void An_announced_head_alone_says_that_commits_are_missing()
    {
        var log = Started(at: 3);
        Assert.Empty(log.Hear(new(new(5), new(5), 1)));
        Assert.True(log.IsBehind);
    }

    [Fact]
    public void A_notice_waits_for_the_commits_of_its_version()
    {
        var log = Started(at: 3);
        Assert.Empty(log.Hear(new(new(5), new(5), 1) { Notices = [Notice(5, 1)] }));
        Assert.Equal(["4", "5", "5.1"], log.Read(log.Head, Page(3, 5)).Select(Name));
    }

    [Fact]
    public void A_late_notice_stands_at_the_head()
    {
        var log = Started(at: 3);
        Assert.Equal(["3.1"], log.Hear(new(new(3), new(3), 1) { Notices = [Notice(2, 1)] }).Select(Name));
    }

    [Fact]
    public void What_was_compacted_is_a_gap_to_the_head()
    {
        var log = Started(at: 3);
        log.Learn(new(9));
        var gap = Assert.IsType<FeedItem.Gap>(Assert.Single(log.Read(new(3), new([], new(9), Gap: true))));
        Assert.Equal((3, 9, "compacted"), (gap.After.Number, gap.Head.Number, gap.Reason));
        Assert.Equal(10, Commit(Assert.Single(log.Hear(Update(9, 10)))));
    }

    [Fact]
    public void A_notice_number_from_before_the_feed_is_a_gap_once_and_a_kept_one_is_not()
    {
        var log = Started(at: 3);
        log.Hear(new(new(3), new(3), 1) { Notices = [Notice(3, 7), Notice(3, 8)] });

        log.Join(new(3), new(new(3), 6), out var older);
        log.Join(new(3), new(new(3), 7), out var kept);

        Assert.Equal(["gap notices", "3.7", "3.8"], older.Select(Name));
        Assert.Equal(["3.8"], kept.Select(Name));
    }

    [Fact]
    public void Only_the_last_256_notices_are_kept()
    {
        var log = Started(at: 3);
        for (var number = 1; number <= 300; number++) log.Hear(new(new(3), new(3), 1) { Notices = [Notice(3, number)] });

        log.Join(new(3), new(new(3), 43), out var tooOld);
        log.Join(new(3), new(new(3), 44), out var vouched);

        Assert.Equal("gap notices", Name(tooOld[0]));
        Assert.Equal(256, vouched.Length);
    }

    [Fact]
    public void Whoever_comes_back_without_a_notice_number_gets_the_notices_of_its_version()
    {
        var log = Started(at: 3);
        log.Hear(new(new(3), new(4), 1) { Changes = [Change(4)], Notices = [Notice(3, 1), Notice(4, 2)] });
        log.Join(new(4), new(new(4), null), out var first);
        Assert.Equal(["4.2"], first.Select(Name));
    }

    [Fact]
    public void A_listener_older_than_what_is_kept_must_read_the_channel_first()
    {
        var log = Started(at: 3);
        log.Hear(Update(3, 4));
        Assert.Null(log.Join(new(2), new(new(2), null), out _));
        Assert.NotNull(log.Join(new(3), new(new(2), null), out _));
    }

    // A channel of up to some dozen commits; its updates are lost, repeated and mixed up; listeners come, go and come back
    // where they were. Nobody may see a version twice, out of order or not at all, unless a gap said so.
    [Fact]
    public void Every_listener_sees_every_version_once_and_in_order_or_a_gap() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 99]).Array[0, 80].Sample(steps =>
        {
            var world = new FeedWorld();
            foreach (var (what, which) in steps) world.Do(what, which);
            world.Settle();
        }, iter: 5_000);

    internal static Change Change(long version) => new(new(version), default, new("w"), [new(new("k"), JsonValue.Parse("1"))]);

    internal static ChannelNotice Notice(long version, long number) => new(new(version), number, "run", default, JsonValue.Null);

    internal static ChannelUpdate Update(long from, long to) =>
        new(new(from), new(to), 1) { Changes = Page(from, to).Changes };

    internal static ChangePage Page(long after, long head) =>
        new([.. Enumerable.Range(1, (int)(head - after)).Select(i => Change(after + i))], new(head), Gap: false);

    internal static string Name(FeedItem item) => item switch
    {
        FeedItem.Commit commit => $"{commit.Change.Version.Number}",
        FeedItem.Notice notice => $"{notice.Body.Version.Number}.{notice.Body.Number}",
        FeedItem.Gap gap => $"gap {gap.Reason}",
        _ => "",
    };

    private static long Commit(FeedItem item) => Assert.IsType<FeedItem.Commit>(item).Change.Version.Number;

    private static FeedLog Started(long at)
    {
        var log = new FeedLog();
        log.Start(new(at));
        return log;
    }
}
