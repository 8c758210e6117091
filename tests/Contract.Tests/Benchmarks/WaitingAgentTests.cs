using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;
using Rosud.W3;

namespace Rosud.Benchmarks;

/// <summary>The agent of W3 says when it was told to stop; a benchmark that misses that blames the platform.</summary>
public sealed class WaitingAgentTests
{
    [Fact]
    public async Task Whoever_is_told_to_stop_notes_when()
    {
        for (var i = 0; i < 100; i++)
        {
            var agent = new WaitingAgent();
            var visit = agent.Expect("g");
            using var stop = new CancellationTokenSource();
            var working = Task.Run(() => agent.Work(new Work("g"), stop.Token));
            await visit.Started.Task;

            await stop.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
            Assert.True(visit.Told.Task.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task Whoever_is_let_go_was_not_told_and_who_comes_later_does_not_wait()
    {
        var agent = new WaitingAgent();
        var visit = agent.Expect("g");
        var first = agent.Work(new Work("g"), CancellationToken.None);

        var second = await agent.Work(new Work("g"), CancellationToken.None);
        visit.Release.SetResult();

        Assert.Equal((1, 1), ((await first).Writes.Length, second.Writes.Length));
        Assert.False(visit.Told.Task.IsCompleted);
    }

    private sealed class Work(string goal) : IAgentWork
    {
        public Assignment Assignment { get; } = new()
        {
            Id = new(new(TenantId.Default, WaitingAgent.Name), RunId.Make(new(TenantId.Default, "c"), "r1"), "s", 1),
            Goal = goal,
            Deadline = default,
            TimeLeft = TimeSpan.Zero,
            LeaseUntil = default,
            Context = new(ContextVersion.None, []),
            IdempotencyKey = "",
        };

        public Task<ContextVersion> Publish(ImmutableArray<ContextWrite> writes) => throw new NotSupportedException("It never does.");

        public Task Report(double? progress, string? status) => throw new NotSupportedException("It never does.");

        public Task<Effect> Effect(string name, Func<string, Task<JsonValue>> act) => throw new NotSupportedException("It never does.");

        public Task<JsonValue> Ask(string question, JsonValue? schema = null, TimeSpan? expires = null) => throw new NotSupportedException("It never does.");
    }
}
