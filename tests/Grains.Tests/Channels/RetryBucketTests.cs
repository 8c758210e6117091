namespace Rosud.Channels;

public sealed class RetryBucketTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]   // A command that did not fit into a record is decided again: it is the same retry.
    public void A_command_that_is_decided_twice_spends_once()
    {
        var bucket = new RetryBucket();
        var first = bucket.ForOne();
        for (var again = 0; again < 3; again++) Assert.True(first(Start));

        for (var retry = 0; retry < 9; retry++) Assert.True(bucket.ForOne()(Start));

        Assert.False(bucket.ForOne()(Start));
    }

    [Fact]
    public void One_that_was_refused_stays_refused_and_another_has_what_was_earned_since()
    {
        var bucket = new RetryBucket();
        for (var retry = 0; retry < 10; retry++) bucket.ForOne()(Start);
        var refused = bucket.ForOne();
        Assert.False(refused(Start));

        bucket.FirstAttempts(5);

        Assert.False(refused(Start));
        Assert.True(bucket.ForOne()(Start));
        Assert.False(bucket.ForOne()(Start));
        Assert.True(bucket.ForOne()(Start + TimeSpan.FromSeconds(1)));
    }

    [Fact]   // PROTOCOL-runs §2.
    public void A_channel_that_was_restored_begins_half_full_and_earns_as_any_other()
    {
        var bucket = new RetryBucket(Start);
        for (var retry = 0; retry < 5; retry++) Assert.True(bucket.ForOne()(Start));
        Assert.False(bucket.ForOne()(Start));

        Assert.True(bucket.ForOne()(Start + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void One_that_is_never_decided_spends_nothing()
    {
        var bucket = new RetryBucket();
        for (var unused = 0; unused < 100; unused++) bucket.ForOne();

        Assert.True(bucket.ForOne()(Start));
    }
}
