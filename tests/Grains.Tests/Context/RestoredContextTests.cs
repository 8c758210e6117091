using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>What a context that was read back from storage still knows.</summary>
public sealed class RestoredContextTests
{
    [Fact]
    public void C17_The_time_of_commits_does_not_go_back_over_a_restart_after_the_newest_keys_were_deleted()
    {
        var before = ContextLog.Empty.Commit(Set("a", "1"));
        var entry = before.Find(new("a"))!;
        var (log, deletion) = before.Commit([Delete("a")], Other, Noon.AddHours(1));

        var restored = ContextLog.Restore(log.Head, DateTimeOffset.MinValue, []).Remember(deletion, [entry]);

        Assert.Equal(Noon.AddHours(1), restored.LastCommit);
        Assert.Equal(Noon.AddHours(1), restored.Commit([Set("b", "1")], Caller, Noon).Change.CommittedAt);
    }

    [Fact]
    public void C15_A_channel_that_is_made_again_starts_empty_under_the_same_limits()
    {
        var limits = new ContextLimits { KeysMax = 3 };
        var log = (ContextLog.Empty with { Limits = limits }).Commit(Set("a", "1")).StartOver();

        Assert.Equal((ContextVersion.None, 0, 0L), (log.Head, log.Count, log.Bytes));
        Assert.Same(limits, log.Limits);
    }
}
