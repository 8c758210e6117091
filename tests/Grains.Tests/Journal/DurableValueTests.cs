using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Rosud.Context;

namespace Rosud.Journal;

public sealed class DurableValueTests
{
    private static readonly Serializer<JsonValue> Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer<JsonValue>>();

    private readonly MemoryRecordStore _store = new();

    [Fact]
    public void A_value_outlives_its_activation() => OneThread.Run(async () =>
    {
        var first = await Open();
        Assert.Null(first.Value);
        await first.Write(JsonValue.Parse("1"));
        await first.Write(JsonValue.Parse("2"));

        Assert.Equal("2", (await Open()).Value!.ToString());
        Assert.Equal("2", (await Open()).Value!.ToString());
    });

    [Fact]
    public void An_older_activation_writes_no_more() => OneThread.Run(async () =>
    {
        await (await Open()).Write(JsonValue.Parse("0"));
        var old = await Open();
        var next = await Open();
        Assert.True(next.Epoch > old.Epoch);

        await Assert.ThrowsAsync<JournalFencedException>(() => old.Write(JsonValue.Parse("1")));
        await Assert.ThrowsAsync<JournalFencedException>(() => old.Write(JsonValue.Parse("1")));
        await next.Write(JsonValue.Parse("2"));
        Assert.Equal("2", (await Open()).Value!.ToString());
    });

    [Fact]
    public void A_value_that_nobody_wrote_leaves_nothing_behind_and_only_the_first_to_write_it_makes_it() => OneThread.Run(async () =>
    {
        var (first, second) = (await Open(), await Open());
        Assert.Empty(_store.Names);

        await first.Write(JsonValue.Parse("1"));
        await Assert.ThrowsAsync<JournalFencedException>(() => second.Write(JsonValue.Parse("2")));
        Assert.Equal("1", (await Open()).Value!.ToString());
    });

    [Fact]
    public void An_unknown_outcome_is_resolved() => OneThread.Run(async () =>
    {
        var value = await Open();
        _store.AfterWrite = _ =>
        {
            _store.AfterWrite = _ => { };
            throw new IOException("The answer was lost.");
        };
        await value.Write(JsonValue.Parse("1"));
        await value.Write(JsonValue.Parse("2"));

        Assert.Equal("2", (await Open()).Value!.ToString());
    });

    [Fact]
    public void No_schedule_loses_a_value_or_writes_over_a_newer_one()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var broken = DurableValueSimulation.Run(seed);
            Assert.True(broken is null, $"Seed {seed}: {broken}");
        }
    }

    [Theory]
    [InlineData("LookAfterUnknown")]
    [InlineData("UnknownIsNotSuccess")]
    public void Without_this_rule_a_promise_breaks(string rule)
    {
        var rules = JournalRules.All & ~Enum.Parse<JournalRules>(rule);
        Assert.Contains(Enumerable.Range(0, 2_000), seed => DurableValueSimulation.Run(seed, rules) is not null);
    }

    private async Task<DurableValue<JsonValue>> Open()
    {
        var value = new DurableValue<JsonValue>(_store, Serializer, TimeProvider.System);
        await value.Activate(default);
        return value;
    }
}
