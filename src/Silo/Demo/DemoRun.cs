using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Demo;

/// <summary>Asks the question of the agents, changes a fact while the executor writes, and shows what happened.</summary>
internal sealed class DemoRun(IGrainFactory grains, IChannelFeeds feeds, DemoOptions options, DemoScreen screen, TimeProvider clock)
{
    private const int CitationsFirst = 3;
    private const int CitationsThen = 5;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs once. True when the task completed.</summary>
    public async Task<bool> Play(CancellationToken cancellationToken)
    {
        var id = new ChannelId(TenantId.Default, $"demo-{clock.GetUtcNow():yyyyMMdd-HHmmss}");
        var channel = grains.GetGrain<IChannelGrain>(id.Key);
        var spec = new ChannelSpec
        {
            Agents = [DemoAgents.Planner, DemoAgents.Researcher, DemoAgents.Executor, DemoAgents.Librarian],
            // A running attempt hears at once that what it read has changed.
            Sync = new() { StalenessThreshold = TimeSpan.Zero },
        };
        if (await channel.Create(spec) is ChannelOutcome.Refused refused) throw new InvalidOperationException(refused.Problem.Detail);
        await Set(channel, ("question", options.Question), ("corpus.folder", options.Folder), ("limits.citations", CitationsFirst));
        screen.Begin(id, options);

        var ended = new TaskCompletionSource<RunResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var observer = new EndObserver(ended);
        var reference = grains.CreateObjectReference<IRunObserver>(observer);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = Watch(id, channel, watching.Token);
        var outcome = await channel.Coordinate(Request(), reference);
        if (outcome is not CoordinateOutcome.Accepted accepted)
        {
            throw new InvalidOperationException(((CoordinateOutcome.Refused)outcome).Problem.Detail);
        }

        var result = await Ended(accepted.Run, reference, ended.Task, cancellationToken);
        await watching.CancelAsync();
        await watch;
        GC.KeepAlive(observer);
        screen.End(result);
        return result.Status == RunStatus.Completed;
    }

    private CoordinateRequest Request()
    {
        var task = new CoordinationTask
        {
            Goal = options.Question,
            Outputs = [new("answer.*")],
            Steps =
            [
                Step("plan", DemoAgents.Planner, ["question", "corpus.folder"], ["plan.*"]),
                Step("research", DemoAgents.Researcher, ["plan.terms", "corpus.folder"], ["facts.*"]),
                Step("answer", DemoAgents.Executor, ["question", "facts.passages", "limits.citations", "corpus.folder"], ["answer.*"]),
                Step("catalogue", DemoAgents.Librarian, ["corpus.folder"], ["catalogue.*"]),
            ],
        };
        return new() { Task = task, Timeout = Timeout, Caller = "demo", TaskHash = JsonValue.From(task.Goal).Hash };
    }

    // Shows every commit and notice; the executor's first sign of life is the moment to change what it has read.
    private async Task Watch(ChannelId id, IChannelGrain channel, CancellationToken cancellationToken)
    {
        var changed = false;
        try
        {
            await foreach (var item in feeds.Follow(id, new(ContextVersion.None, null), cancellationToken))
            {
                screen.Show(item);
                if (changed || !DemoScreen.ExecutorStarted(item)) continue;
                changed = true;
                screen.Say($"somebody changes limits.citations from {CitationsFirst} to {CitationsThen} while the executor writes");
                await Set(channel, ("limits.citations", CitationsThen));
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended and there is nothing more to show.
        }
    }

    private async Task<RunResult> Ended(RunId run, IRunObserver observer, Task<RunResult> ended, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<IRunGrain>(run.Key);
        while (true)
        {
            try
            {
                return await ended.WaitAsync(TimeSpan.FromSeconds(5), clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                if (await grain.Watch(observer) is RunOutcome.Found { Result: { HasEnded: true } result }) return result;
            }
        }
    }

    private static TaskStep Step(string id, string agent, string[] reads, string[] writes) => new()
    {
        Id = id,
        Agent = agent,
        Reads = [.. reads.Select(read => new StepRead(new(read)))],
        Writes = [.. writes.Select(write => new KeyPattern(write))],
    };

    private static async Task Set(IChannelGrain channel, params (string Key, object Value)[] values)
    {
        var writes = values.Select(value => new ContextWrite(new(value.Key), JsonValue.From(value.Value))).ToImmutableArray();
        if (await channel.Commit(new() { Writes = writes, Origin = new("demo") }) is not PatchOutcome.Applied) throw new InvalidOperationException("The context took no value.");
    }

    private sealed class EndObserver(TaskCompletionSource<RunResult> ended) : IRunObserver
    {
        public Task Ended(RunResult result)
        {
            ended.TrySetResult(result);
            return Task.CompletedTask;
        }
    }
}
