using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>One worker's stream of events: what it is handed, and what becomes of that while it is at work.</summary>
internal sealed class AssignmentStream(ISupervisorGrain supervisor, TimeSpan lease, TimeProvider time) : IDisposable
{
    public const string Events =
        "`assignment`: an attempt to work on. For those of this stream that are at work, within moments: `superseded` and `cancelled` (stop; nothing of it counts any more), `fenced` (the same, because its lease or its time has ended), "
        + "and `changed` with what the view was given anew, for an agent with `rebase`. The lease is renewed by heartbeats only. Nothing is repeated when the stream is opened again: the heartbeat says the same.";

    private const int NewsMax = 1_024;
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Channel<ServerSentEvent> _news = Channel.CreateBounded<ServerSentEvent>(NewsMax);
    private readonly CancellationTokenSource _over = new();
    private Task? _hearing;

    public static async Task<IResult> Open(string agent, HttpContext http, GrainsOf<ISupervisorGrain> supervisors, TimeProvider time)
    {
        var request = new RequestReader(http);
        var id = request.Agent(agent);
        if (request.Caller.RefusalToActFor(id) is { } forbidden) return new ProblemResult(forbidden);
        var lease = TimeSpan.FromMilliseconds(request.QueryNumber("lease_ms", 1_000, 600_000) ?? 30_000);
        if (request.Refusal is { } refusal) return refusal;
        var supervisor = supervisors[id.Key];
        var first = await supervisor.Take(new(1, TimeSpan.Zero, lease));
        if (first is TakeOutcome.Refused refused) return new ProblemResult(refused.Problem);
        var stream = new AssignmentStream(supervisor, lease, time);
        http.Response.RegisterForDispose(stream);
        return new ServerSentEvents(stream.Listen(first, http.RequestAborted), time);
    }

    // A worker that goes while it waits is forgotten at once. What was taken for it in that moment goes back instead of waiting for its lease.
    public static async Task<TakeOutcome> TakeFor(ISupervisorGrain supervisor, TakeRequest asked, CancellationToken gone)
    {
        try
        {
            var outcome = await supervisor.Take(asked, gone);
            if (!gone.IsCancellationRequested || outcome is not TakeOutcome.Taken taken) return outcome;
            foreach (var assignment in taken.Assignments) await supervisor.Fail(assignment.Id, Failure.WorkerGone);
        }
        catch (OperationCanceledException)
        {
            // The supervisor gives back what it had handed out.
        }

        return new TakeOutcome.Taken([]);
    }

    public void Dispose() => _over.Dispose();

    // One assignment at a time, so that a worker which dies loses one; another follows as soon as it is written.
    private async IAsyncEnumerable<ServerSentEvent> Listen(TakeOutcome first, [EnumeratorCancellation] CancellationToken gone)
    {
        await using var cut = gone.UnsafeRegister(static over => ((CancellationTokenSource)over!).Cancel(), _over);
        var next = Task.FromResult(first);
        try
        {
            while (await IsNext(next))
            {
                while (_news.Reader.TryRead(out var told)) yield return told;
                if (!next.IsCompleted) continue;
                if (await next is not TakeOutcome.Taken taken || gone.IsCancellationRequested) yield break;
                foreach (var assignment in taken.Assignments)
                {
                    Watch(assignment.Id).Ignore();
                    yield return new(assignment.Id.ToString(), "assignment", AssignmentBody.Of(assignment));
                }

                next = TakeFor(supervisor, new(1, WaitMax, lease), _over.Token);
            }
        }
        finally
        {
            await _over.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // What it got now goes back.
        }
    }

    // True when there is something to send: news, or the answer of a take.
    private async Task<bool> IsNext(Task take)
    {
        if (take.IsCompleted) return true;
        if (_hearing is not { IsCompleted: false }) _hearing = _news.Reader.WaitToReadAsync(_over.Token).AsTask();
        await Task.WhenAny(take, _hearing);
        if (!_over.IsCancellationRequested) return true;
        await take;
        return false;
    }

    private async Task Watch(AssignmentId attempt)
    {
        var known = ContextVersion.None;
        while (!_over.IsCancellationRequested)
        {
            try
            {
                if (News(attempt, await supervisor.Watch(attempt, known, WaitMax).WaitAsync(_over.Token), ref known) is not { } news) continue;
                if (news.Type is not null) await _news.Writer.WriteAsync(news, _over.Token);
                if (news.Type != "changed") return;
            }
            catch (Exception fault) when (fault is OrleansException or TimeoutException or IOException)
            {
                await Task.Delay(Pause, time, _over.Token);   // The silo that had it is gone: the next one knows it after a heartbeat.
            }
        }
    }

    // Null while it is at work; an event without a type when it has ended as it should.
    private static ServerSentEvent? News(AssignmentId attempt, SettleOutcome outcome, ref ContextVersion known)
    {
        switch (outcome)
        {
            case SettleOutcome.Beat { Cancelled: true }:
                return new(null, "cancelled", new AttemptBody(attempt.ToString()));
            case SettleOutcome.Beat { Superseded: true }:
                return new(null, "superseded", new AttemptBody(attempt.ToString()));
            case SettleOutcome.Beat { Changed: { } changed } when changed.Context.Version > known:
                known = changed.Context.Version;
                return new(null, "changed", new ChangedBody(attempt.ToString(), NewsBody.Of(changed)));
            case SettleOutcome.Beat:
                return null;
            case SettleOutcome.Refused:
                return new(null, "fenced", new AttemptBody(attempt.ToString()));
            default:
                return new(null, null, null);
        }
    }

    /// <summary>An attempt that has to stop.</summary>
    private sealed record AttemptBody(string Id);

    /// <summary>What an attempt was given anew.</summary>
    private sealed record ChangedBody(string Id, NewsBody Changed);
}
