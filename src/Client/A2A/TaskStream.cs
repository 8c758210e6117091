using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>A task, or what has become of it: one of the three.</summary>
internal sealed record StreamResponse
{
    public TaskDocument? Task { get; init; }

    public StatusUpdate? StatusUpdate { get; init; }

    public ArtifactUpdate? ArtifactUpdate { get; init; }
}

/// <summary>A task stands otherwise.</summary>
internal sealed record StatusUpdate(string TaskId, string ContextId, TaskStateDocument Status);

/// <summary>A task has an output.</summary>
internal sealed record ArtifactUpdate(string TaskId, string ContextId, ArtifactDocument Artifact, bool LastChunk);

/// <summary>Follows one run as a task, until it has ended or waits for its caller.</summary>
internal sealed class TaskStream(IGrainFactory grains, IChannelFeeds feeds, TimeProvider time, RunId run)
{
    /// <summary>The run once it has ended or asks, or as it stands after <paramref name="longest"/>.</summary>
    public async Task<RunResult> Settled(RunResult now, TimeSpan longest, CancellationToken gone)
    {
        if (now.HasEnded || now.Status == RunStatus.InputRequired) return now;
        using var limit = new CancellationTokenSource(longest, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, gone);
        var last = now;
        try
        {
            await foreach (var next in Changes(now, stop.Token)) last = next;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !gone.IsCancellationRequested)
        {
            // It goes on: the caller gets it as it stands.
        }

        return last;
    }

    /// <summary>The task, then each change of it, as events.</summary>
    public ServerSentEvents Events(RunResult now, HttpContext http) => new(Tell(now, http.RequestAborted), time);

    private async IAsyncEnumerable<ServerSentEvent> Tell(RunResult now, [EnumeratorCancellation] CancellationToken gone)
    {
        yield return Event(new() { Task = TaskDocument.Of(now) });
        if (now.HasEnded) yield break;
        await foreach (var next in Changes(now, gone))
        {
            if (next.HasEnded)
            {
                foreach (var artifact in ArtifactDocument.Of(next)) yield return Event(new() { ArtifactUpdate = new(next.Run.Name, next.Run.Channel.Name, artifact, true) });
            }

            yield return Event(new() { StatusUpdate = new(next.Run.Name, next.Run.Channel.Name, TaskStateDocument.Of(next)) });
        }
    }

    private async IAsyncEnumerable<RunResult> Changes(RunResult now, [EnumeratorCancellation] CancellationToken gone)
    {
        var told = now.Status;
        await foreach (var _ in Looks(now, gone))
        {
            if (await grains.GetGrain<IRunGrain>(run.Key).Describe() is not RunOutcome.Found { Result: var next }) yield break;
            if (next.Status == told) continue;
            told = next.Status;
            yield return next;
            if (next.HasEnded || next.Status == RunStatus.InputRequired) yield break;
        }
    }

    // Each time when the run may stand otherwise: at its events, and once when these begin to be heard, for what came before.
    private async IAsyncEnumerable<bool> Looks(RunResult now, [EnumeratorCancellation] CancellationToken gone)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var events = new RunEvents(grains, feeds, time, run).Follow(now, null, stop.Token, joined.SetResult).GetAsyncEnumerator(CancellationToken.None);
        var next = events.MoveNextAsync().AsTask();
        var hasLooked = false;
        try
        {
            while (true)
            {
                if (!hasLooked && await Task.WhenAny(next, joined.Task) == joined.Task)
                {
                    hasLooked = true;
                    yield return true;
                    continue;
                }

                if (!await next) yield break;
                yield return true;
                next = events.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static ServerSentEvent Event(StreamResponse response) => new(null, "message", JsonValue.Trusted(JsonSerializer.SerializeToUtf8Bytes(response, Protocol.Json)));
}
