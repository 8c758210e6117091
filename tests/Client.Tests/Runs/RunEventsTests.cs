using System.Runtime.CompilerServices;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Runs;

public sealed class RunEventsTests
{
    private static readonly RunId Id = new(TenantId.Default, "demo.r1");

    [Fact]
    public async Task A_listener_sees_the_run_its_own_events_and_the_end()
    {
        var feeds = new ScriptedFeeds(
            ScriptedFeeds.Commit(18, "a", "1", "demo.r1"), ScriptedFeeds.Commit(19, "b", "1", "demo.r2"), ScriptedFeeds.Notice(19, 1, "run", """{"run":"demo.r2"}"""),
            ScriptedFeeds.Notice(19, 2, "assignment", """{"run":"demo.r1"}"""), ScriptedFeeds.Commit(20, "c", "1", "demo.r1"));
        var answer = await Follow(feeds, RunStatus.Working, endsAt: 20);
        Assert.Equal(["run:working", "18", "19.2", "20", "run:completed"], Told(answer));
        Assert.Equal(17, feeds.After!.Value.Version.Number);
    }

    [Fact]
    public async Task A_run_that_has_ended_is_told_once()
    {
        var answer = await Follow(new ScriptedFeeds(), RunStatus.Failed, endsAt: 17);
        Assert.Equal(["run:failed"], Told(answer));
    }

    [Fact]
    public async Task A_listener_that_comes_back_after_the_end_is_sent_away()
    {
        var answer = await Follow(new ScriptedFeeds(), RunStatus.Failed, endsAt: 17, ("Last-Event-ID", "17"));
        Assert.Equal((204, ""), (answer.Status, answer.Text));
    }

    [Fact]   // What happened before the feed was joined is said by nobody: it is looked at then.
    public async Task A_task_that_asks_before_its_events_are_heard_is_seen_to_ask()
    {
        var status = RunStatus.Working;
        var feeds = new JoinedFeed(() => status = RunStatus.InputRequired);
        await using var edge = await Edge.StartAsync(
            actors => actors
                .On<IRunGrain>("Describe", (_, _) => Task.FromResult<RunOutcome>(new RunOutcome.Found(Result(status, 17))))
                .On<IRunGrain>("Watch", (_, _) => Task.FromResult<RunOutcome>(new RunOutcome.Found(Result(RunStatus.Working, 17)))),
            feeds: feeds);

        var settled = await new A2A.TaskStream(edge.Actors.Grains, feeds, TimeProvider.System, Id).Settled(Result(RunStatus.Working, 17), TimeSpan.FromMinutes(5), CancellationToken.None);

        Assert.Equal(RunStatus.InputRequired, settled.Status);
    }

    private sealed class JoinedFeed(Action joining) : IChannelFeeds
    {
        public async IAsyncEnumerable<FeedItem> Follow(ChannelId channel, FeedPosition? after, [EnumeratorCancellation] CancellationToken cancellationToken, Action? joined = null)
        {
            joining();
            joined?.Invoke();
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            yield break;
        }
    }

    private static async Task<Answer> Follow(ScriptedFeeds feeds, RunStatus now, long endsAt, params (string, string)[] headers)
    {
        await using var edge = await Edge.StartAsync(
            actors => actors
                .On<IChannelGrain>("Describe", (_, _) => Task.FromResult<ChannelOutcome>(new ChannelOutcome.Found(new(new(TenantId.Default, "demo"), new(), new(17), default), Made: false)))
                .On<IRunGrain>("Describe", (_, _) => Task.FromResult<RunOutcome>(new RunOutcome.Found(Result(now, 17))))
                .On<IRunGrain>("Watch", (_, _) => Task.FromResult<RunOutcome>(new RunOutcome.Found(Result(RunStatus.Completed, endsAt)))),
            feeds: feeds);
        return await edge.Send("GET", "/v1/runs/demo.r1/events", null, headers);
    }

    private static RunResult Result(RunStatus status, long version) => new() { Run = Id, Network = "default", Status = status, VersionEnd = new(version) };

    private static IEnumerable<string> Told(Answer answer) => answer.Text.Split("\n\n").Where(block => block.Contains("data: ", StringComparison.Ordinal)).Select(block =>
    {
        var lines = block.Split('\n');
        var id = lines.FirstOrDefault(line => line.StartsWith("id: ", StringComparison.Ordinal))?[4..];
        return id ?? "run:" + block.Split("\"status\":\"")[1].Split('"')[0];
    });
}
