using CsCheck;
using Rosud.Tenants;

namespace Rosud.Hosting;

public sealed class RequestGateTests
{
    private static readonly TenantId A = new("a");
    private static readonly TenantId B = new("b");

    [Fact]
    public void One_tenant_alone_gets_three_quarters_and_another_finds_room()
    {
        var gate = Gate(concurrent: 8);
        for (var request = 0; request < 6; request++) Assert.Null(Enter(gate, A).Turn);

        Assert.NotNull(Enter(gate, A).Turn);
        Assert.Null(Enter(gate, B).Turn);
    }

    [Fact]
    public void Interactive_goes_before_batch_and_batch_has_the_lower_half()
    {
        var gate = Gate(concurrent: 8);
        var running = Enumerable.Range(0, 4).Select(_ => Enter(gate, A, Lane.Batch)).ToList();
        var batch = Enter(gate, A, Lane.Batch);
        Assert.NotNull(batch.Turn);   // Half of the places are left to those for whom somebody waits.
        var interactive = Enumerable.Range(0, 3).Select(_ => Enter(gate, A)).ToList();

        gate.Leave(running[0].Ticket!);
        gate.Leave(running[1].Ticket!);

        Assert.All(interactive, one => Assert.True(one.Turn is null or { IsCompleted: true }));
        Assert.False(batch.Turn!.IsCompleted);
    }

    [Fact]
    public void A_full_queue_refuses_at_once_and_only_its_own_tenant()
    {
        var gate = Gate(concurrent: 4, queue: 2);
        for (var request = 0; request < 5; request++) Enter(gate, A);

        Assert.False(gate.TryEnter(A, Lane.Interactive, out _, out _));
        Assert.True(gate.TryEnter(B, Lane.Interactive, out _, out _));
    }

    [Fact]   // By this it is known that there is somebody, also in the moment in which nobody is at work.
    public void It_counts_all_who_come_also_those_it_refuses()
    {
        var gate = Gate(concurrent: 4, queue: 1);
        for (var request = 0; request < 10; request++) gate.TryEnter(A, Lane.Interactive, out _, out _);
        gate.Leave(Enter(gate, B).Ticket!);

        Assert.Equal(11, gate.Came);
    }

    [Fact]
    public void A_host_that_does_not_keep_up_takes_less_and_then_slowly_more()
    {
        var gate = Gate(concurrent: 1_000, least: 16);
        for (var request = 0; request < 100; request++) Enter(gate, A);

        for (var look = 0; look < 9; look++) gate.Felt(isLate: true);
        Assert.Equal(1_000, gate.Limit);
        gate.Felt(isLate: true);
        Assert.Equal(80, gate.Limit);
        gate.Felt(isLate: false);
        Assert.Equal(88, gate.Limit);
        for (var look = 0; look < 50; look++) gate.Felt(isLate: true);
        Assert.Equal(16, gate.Limit);
        for (var look = 0; look < 500; look++) gate.Felt(isLate: false);
        Assert.Equal(1_000, gate.Limit);
    }

    [Fact]
    public void Who_brings_more_than_all_others_gets_less_while_it_is_crowded_and_all_back_after()
    {
        var gate = Gate(concurrent: 64, queue: 100);
        var stormy = Enumerable.Range(0, 30).Select(_ => Enter(gate, A).Ticket!).ToList();
        Enter(gate, B);

        for (var look = 0; look < 20; look++) gate.Felt(isLate: false, isCrowded: true);
        foreach (var ticket in stormy) gate.Leave(ticket);
        for (var request = 0; request < 50; request++) gate.TryEnter(A, Lane.Interactive, out _, out _);
        Assert.Equal(5, gate.Running);   // Four places are left to A.
        Assert.Null(Enter(gate, B).Turn);

        for (var look = 0; look < 3_000; look++) gate.Felt(isLate: false);
        Assert.Equal((34, 18), (gate.Running, gate.Waiting));   // B has its two, A half of the 64 again.
    }

    [Fact]   // What the process used of its processors is known from a tenth of a second: each such look counts.
    public void Who_brings_more_than_all_others_gets_less_when_the_processors_are_busy()
    {
        var gate = Gate(concurrent: 100, queue: 100);
        var stormy = Enumerable.Range(0, 40).Select(_ => Enter(gate, A).Ticket!).ToList();
        Enter(gate, B);

        gate.Felt(isLate: false, isCrowded: false, isBusy: true);
        foreach (var ticket in stormy) gate.Leave(ticket);
        stormy = [.. Enumerable.Range(0, 50).Select(_ => Enter(gate, A).Ticket!).Where(ticket => ticket.HasPlace)];
        Assert.Equal(10, stormy.Count);   // A quarter of the 40 at once, because it was not held back before.

        gate.Felt(isLate: false, isCrowded: false, isBusy: true);
        foreach (var ticket in stormy) gate.Leave(ticket);
        Assert.Equal(1 + 5, gate.Running);   // Half of what is left at each further look.
    }

    [Theory]   // Looks that are late, and others. Bursts are late at some only; a pause of the collector now and then is no crowd.
    [InlineData("xx", 10)]   // A quarter of the 40; else half of all places.
    [InlineData("x.x.x", 10)]
    [InlineData("x.x.", 50)]
    [InlineData("x....x....x....x", 50)]
    public void A_storm_in_bursts_is_a_crowd_and_a_pause_now_and_then_is_none(string looks, int left)
    {
        var gate = Gate(concurrent: 100, queue: 100);
        var stormy = Enumerable.Range(0, 40).Select(_ => Enter(gate, A).Ticket!).ToList();
        Enter(gate, B);

        foreach (var look in looks) gate.Felt(isLate: false, isCrowded: look == 'x');
        foreach (var ticket in stormy) gate.Leave(ticket);

        Assert.Equal(left, Enumerable.Range(0, 50).Count(_ => Enter(gate, A).Ticket!.HasPlace));
    }

    [Fact]   // 24 of 42 are the most, but no storm.
    public void Who_brings_a_little_more_than_all_others_keeps_half_when_the_processors_are_busy()
    {
        var gate = Gate(concurrent: 100, queue: 100);
        var most = Enumerable.Range(0, 24).Select(_ => Enter(gate, A).Ticket!).ToList();
        for (var request = 0; request < 18; request++) Enter(gate, B);

        gate.Felt(isLate: false, isCrowded: false, isBusy: true);
        foreach (var ticket in most) gate.Leave(ticket);

        Assert.Equal(12, Enumerable.Range(0, 50).Count(_ => Enter(gate, A).Ticket!.HasPlace));
    }

    [Fact]
    public void What_was_too_much_is_come_near_to_slowly_and_passed_at_last()
    {
        var gate = Gate(concurrent: 64, queue: 100);
        var stormy = Enumerable.Range(0, 30).Select(_ => Enter(gate, A).Ticket!).ToList();
        Enter(gate, B);
        gate.Felt(isLate: false, isCrowded: false, isBusy: true);
        gate.Felt(isLate: false, isCrowded: false, isBusy: true);   // Still about the same 30.
        foreach (var ticket in stormy) gate.Leave(ticket);
        for (var request = 0; request < 50; request++) gate.TryEnter(A, Lane.Interactive, out _, out _);   // More than may work: all places it is given are taken.

        Calm(400);   // From 7 on; without what was too much, past 30.
        Assert.InRange(gate.Running - 1, 20, 27);   // B has one.
        Calm(800);
        Assert.Equal(32, gate.Running - 1);

        void Calm(int looks)
        {
            for (var look = 0; look < looks; look++) gate.Felt(isLate: false);
        }
    }

    [Fact]
    public void Who_works_alone_keeps_all_its_places_although_another_was_here_a_while_ago()
    {
        var gate = Gate(concurrent: 64, queue: 100);
        for (var request = 0; request < 30; request++) Enter(gate, A);
        gate.Leave(Enter(gate, B).Ticket!);
        for (var look = 0; look < 20; look++) gate.Felt(isLate: false);

        gate.Felt(isLate: false, isCrowded: false, isBusy: true);

        for (var request = 0; request < 10; request++) Assert.Null(Enter(gate, A).Turn);
    }

    [Fact]
    public void Nobody_gets_less_when_one_tenant_is_alone_or_all_bring_as_much()
    {
        var (alone, even) = (Gate(concurrent: 64), Gate(concurrent: 64));
        for (var request = 0; request < 20; request++)
        {
            Enter(alone, A);
            Enter(even, request % 2 == 0 ? A : B);
        }

        for (var look = 0; look < 20; look++)
        {
            alone.Felt(isLate: false, isCrowded: true);
            even.Felt(isLate: false, isCrowded: true);
        }

        Assert.Null(Enter(alone, A).Turn);
        Assert.Null(Enter(even, A).Turn);
        Assert.Null(Enter(even, B).Turn);
    }

    [Fact]   // Whatever comes and goes: never more than the limit at work, nobody waits while all have gone, every place comes back.
    public void It_never_lets_more_work_than_it_may_and_forgets_nobody() =>
        Gen.Select(Gen.Int[1, 12], Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Bool).Array[0, 200]).Sample((limit, moves) =>
        {
            var gate = Gate(limit, queue: 5, least: 1);
            var inside = new List<(RequestGate.Ticket Ticket, Task? Turn)>();
            foreach (var (move, tenant, isBatch) in moves)
            {
                var id = new TenantId($"t{tenant}");
                if (move < 2)
                {
                    if (gate.TryEnter(id, isBatch ? Lane.Batch : Lane.Interactive, out var ticket, out var turn)) inside.Add((ticket, turn));
                    else Assert.Equal(5, inside.Count(one => one.Ticket.Tenant == id && !one.Ticket.HasPlace));
                }
                else if (inside.Count > 0)
                {
                    gate.Leave(inside[tenant % inside.Count].Ticket);
                    inside.RemoveAt(tenant % inside.Count);
                }

                Assert.Equal(inside.Count(one => one.Ticket.HasPlace), gate.Running);
                Assert.True(gate.Running <= limit);
                Assert.All(inside, one => Assert.Equal(one.Ticket.HasPlace, one.Turn is null or { IsCompleted: true }));
                Assert.True(gate.Running > 0 || gate.Waiting == 0);
            }

            foreach (var (ticket, _) in inside) gate.Leave(ticket);
            Assert.Equal((0, 0), (gate.Running, gate.Waiting));
        }, iter: 1_000);

    private static RequestGate Gate(int concurrent, int queue = 64, int least = 1) => new(new() { ConcurrentMax = concurrent, ConcurrentMin = least, QueuePerTenant = queue });

    private static (RequestGate.Ticket? Ticket, Task? Turn) Enter(RequestGate gate, TenantId tenant, Lane lane = Lane.Interactive)
    {
        Assert.True(gate.TryEnter(tenant, lane, out var ticket, out var turn));
        return (ticket, turn);
    }
}
