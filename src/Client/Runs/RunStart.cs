using System.Diagnostics;
using System.Security.Cryptography;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>Starts one run, exactly once, and waits for it.</summary>
internal sealed class RunStart(Reach reach, IChannelGrain channel, CoordinateRequest asked)
{
    private static readonly TimeSpan TimeoutMin = TimeSpan.FromMilliseconds(1);

    /// <summary>Even of a run with less time the channel's answer is waited for this long.</summary>
    private static readonly TimeSpan AnswerMin = TimeSpan.FromSeconds(2);

    private readonly CoordinateRequest _request = Complete(asked);

    /// <summary>The run, durable.</summary>
    public async Task<IRun> Submit(CancellationToken cancellationToken) => new RemoteRun(reach, (await Accept(null, cancellationToken)).Run);

    /// <summary>The run's result when it has ended.</summary>
    public async Task<RunResult> Coordinate(CancellationToken cancellationToken)
    {
        var start = reach.Time.GetTimestamp();
        var wait = new RunWait(reach.Time);   // Held here: the reference alone would not keep it alive.
        var self = reach.Cluster.CreateObjectReference<IRunObserver>(wait);
        try
        {
            var accepted = await Accept(self, cancellationToken);
            var run = new RemoteRun(reach, accepted.Run);
            var left = _request.Timeout + RunWait.AfterDeadline - reach.Time.GetElapsedTime(start);
            return await run.Ended(wait, self, watch: accepted.Joined, left, cancellationToken);
        }
        finally
        {
            reach.Cluster.DeleteObjectReference<IRunObserver>(self);
            GC.KeepAlive(wait);
        }
    }

    // The run's time runs from the first asking: a repeat asks for what is left of it, and one that could only come too late is not made.
    private async Task<CoordinateOutcome.Accepted> Accept(IRunObserver? observer, CancellationToken cancellationToken)
    {
        var start = reach.Time.GetTimestamp();
        using var limit = new CancellationTokenSource(_request.Timeout > AnswerMin ? _request.Timeout : AnswerMin, reach.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await reach.Calls.Repeat(() => channel.Coordinate(_request with { Timeout = Left(start) }, observer), outcome => Later(outcome, start), stop.Token) switch
            {
                CoordinateOutcome.Accepted accepted => accepted,
                CoordinateOutcome.Refused refused => throw new RefusedException(refused.Problem),
                var other => throw new InvalidOperationException($"The channel answered with {other.GetType().Name}, which this client does not know: update it."),
            };
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new UnknownOutcomeException($"The channel did not answer within the run's time: the run may or may not have begun. The task id '{_request.Task.Id}' asks again.");
        }
    }

    private TimeSpan Left(long start)
    {
        var left = _request.Timeout - reach.Time.GetElapsedTime(start);
        return left > TimeoutMin ? left : TimeoutMin;
    }

    // What only says "later" is repeated while that is within the run's time; else it is the answer.
    private Problem? Later(CoordinateOutcome outcome, long start) =>
        outcome is CoordinateOutcome.Refused { Problem: var problem } && (problem.Kind != ProblemKind.Overloaded || (problem.RetryAfter ?? TimeSpan.FromSeconds(1)) < Left(start)) ? problem : null;

    // The hash is of what the caller wrote; the id makes a repetition join the run instead of starting another.
    private static CoordinateRequest Complete(CoordinateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(request.Task, nameof(request));
        if (request.Timeout < TimeoutMin || request.Timeout > TimeSpan.FromDays(7)) throw new ArgumentOutOfRangeException(nameof(request), "A timeout is 1 ms to 7 days.");
        return request with
        {
            Task = request.Task with { Id = request.Task.Id ?? $"t-{RandomNumberGenerator.GetHexString(24, lowercase: true)}" },
            TaskHash = TaskJson.Of(request.Task).Hash,
            Caller = request.Caller.Length > 0 ? request.Caller : "client",
            TraceParent = request.TraceParent ?? Activity.Current?.Id,
        };
    }
}
