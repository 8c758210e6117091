using CsCheck;

namespace Rosud.Supervision;

public sealed class SteadyTimeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_lease_is_as_long_as_it_should_be_when_the_wall_clock_jumps_by_an_hour(int hours)
    {
        var wall = new Wall();
        var time = new SteadyTime(wall);
        var began = time.GetUtcNow();

        wall.Jump(TimeSpan.FromHours(hours));
        for (var tenth = 0; tenth < 300; tenth++) Pass(wall, time, TimeSpan.FromMilliseconds(100));

        Assert.InRange((time.GetUtcNow() - began).TotalSeconds, 29.7, 30.3);
    }

    [Fact]
    public void It_makes_up_for_a_small_difference_in_half_a_minute_and_for_a_large_one_in_time()
    {
        var (near, far) = (new Wall(), new Wall());
        var (small, large) = (new SteadyTime(near), new SteadyTime(far));
        near.Jump(TimeSpan.FromMilliseconds(50));
        far.Jump(TimeSpan.FromSeconds(10));
        for (var second = 0; second < 2_000; second++)
        {
            if (second < 30) Pass(near, small, TimeSpan.FromSeconds(1));
            Pass(far, large, TimeSpan.FromSeconds(1));
        }

        Assert.InRange((near.GetUtcNow() - small.GetUtcNow()).TotalMilliseconds, 0, 5);
        Assert.InRange((far.GetUtcNow() - large.GetUtcNow()).TotalMilliseconds, -1, 1);
    }

    [Fact]   // A machine that started without the time of day, or was suspended.
    public void A_wall_clock_that_stays_ahead_for_five_minutes_is_believed()
    {
        var wall = new Wall();
        var time = new SteadyTime(wall);
        wall.Jump(TimeSpan.FromHours(8));
        Pass(wall, time, TimeSpan.FromSeconds(1));
        Pass(wall, time, TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.InRange((wall.GetUtcNow() - time.GetUtcNow()).TotalHours, 7.99, 8);
        Pass(wall, time, TimeSpan.FromSeconds(1));
        Assert.Equal(wall.GetUtcNow(), time.GetUtcNow());
    }

    [Fact]
    public void A_wall_clock_that_comes_back_in_time_was_never_followed()
    {
        var wall = new Wall();
        var time = new SteadyTime(wall);
        for (var round = 0; round < 20; round++)
        {
            wall.Jump(TimeSpan.FromHours(1));
            for (var second = 0; second < 200; second++) Pass(wall, time, TimeSpan.FromSeconds(1));
            wall.Jump(-TimeSpan.FromHours(1));
            for (var second = 0; second < 200; second++) Pass(wall, time, TimeSpan.FromSeconds(1));
        }

        Assert.InRange((wall.GetUtcNow() - time.GetUtcNow()).TotalSeconds, -2.1, 2.1);
    }

    [Fact]   // Whatever the wall clock does, however seldom anybody looks, and however often it is ahead for long.
    public void It_never_goes_back() =>
        Gen.Select(Gen.Int[1, 400_000], Gen.Int[-5_000, 5_000]).Array[1, 60].Sample(moves =>
        {
            var wall = new Wall();
            var time = new SteadyTime(wall);
            var last = time.GetUtcNow();
            foreach (var (ms, jumpSeconds) in moves)
            {
                wall.Jump(TimeSpan.FromSeconds(jumpSeconds));
                wall.Pass(TimeSpan.FromMilliseconds(ms));
                var now = time.GetUtcNow();
                Assert.True(now >= last);
                last = now;
            }
        }, iter: 1_000);

    [Fact]   // Whatever the wall clock does within five minutes.
    public void It_is_never_off_by_more_than_a_hundredth_of_what_has_passed() =>
        Gen.Select(Gen.Int[1, 4_900], Gen.Int[-5_000, 5_000]).Array[1, 60].Sample(moves =>
        {
            var wall = new Wall();
            var time = new SteadyTime(wall);
            var (began, last, passed) = (time.GetUtcNow(), time.GetUtcNow(), TimeSpan.Zero);
            foreach (var (ms, jumpSeconds) in moves)
            {
                wall.Jump(TimeSpan.FromSeconds(jumpSeconds));
                wall.Pass(TimeSpan.FromMilliseconds(ms));
                passed += TimeSpan.FromMilliseconds(ms);
                var now = time.GetUtcNow();
                Assert.True(now >= last);
                Assert.True((now - began - passed).Duration() <= passed / 100 + TimeSpan.FromTicks(moves.Length));
                last = now;
            }
        }, iter: 1_000);

    private static void Pass(Wall wall, SteadyTime time, TimeSpan span)
    {
        wall.Pass(span);
        time.GetUtcNow();
    }

    // A wall clock that can be set, over time that only passes.
    private sealed class Wall : TimeProvider
    {
        private TimeSpan _passed;
        private TimeSpan _set;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan span) => _passed += span;

        public void Jump(TimeSpan span) => _set += span;

        public override long GetTimestamp() => _passed.Ticks;

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + _passed + _set;
    }
}
