using Microsoft.Extensions.Time.Testing;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Channels;

public sealed class WriteIntentsTests
{
    private static readonly RunId Holder = RunId.Make(new(Tenants.TenantId.Default, "c"), "r1");
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Others_wait_with_the_keys_of_a_last_try_until_it_has_ended_and_the_run_itself_never()
    {
        var intents = new WriteIntents(_time);
        intents.Hold(Holder, "s", [new("price.*")]);
        var other = intents.Free(null, [Write("price.a")]);
        Assert.False(other.IsCompleted);
        Assert.True(intents.Free(null, [Write("other")]).IsCompleted);
        Assert.True(intents.Free(Holder, [Write("price.a")]).IsCompleted);
        intents.Release(Holder, "s");
        await other;
        Assert.True(intents.IsEmpty);
    }

    [Fact]
    public async Task They_wait_two_seconds_at_most()
    {
        var intents = new WriteIntents(_time);
        intents.Hold(Holder, "s", [new("price")]);
        var other = intents.Free(null, [Write("price")]);
        _time.Advance(WriteIntents.Longest - TimeSpan.FromMilliseconds(1));
        Assert.False(other.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await other;
    }

    private static ContextWrite Write(string key) => new(new(key), JsonValue.Null);
}
