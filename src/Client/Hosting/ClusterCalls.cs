using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>Calls of the cluster that may be repeated: each carries its own id, or is the same when done twice.</summary>
internal sealed class ClusterCalls
{
    private readonly ResiliencePipeline _pipeline;

    public ClusterCalls(IOptions<RosudClientOptions> options, TimeProvider time, ILogger<ClusterCalls> log)
    {
        Longest = options.Value.CallTimeout;
        _pipeline = Pipeline(Longest, time, log);
    }

    /// <summary>How long a call is repeated.</summary>
    public TimeSpan Longest { get; }

    private static ResiliencePipeline Pipeline(TimeSpan longest, TimeProvider time, ILogger log) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddTimeout(longest)
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            Delay = TimeSpan.FromMilliseconds(50),
            MaxDelay = TimeSpan.FromSeconds(2),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } fault && (fault is OverloadedException || LostCalls.LeavesOutcomeOpen(fault))),
            DelayGenerator = arguments => ValueTask.FromResult(arguments.Outcome.Exception is OverloadedException { RetryAfter: var wait } && wait > TimeSpan.Zero ? (TimeSpan?)wait : null),
            OnRetry = arguments =>
            {
                log.LogDebug(arguments.Outcome.Exception, "A call into the cluster was not answered and is repeated.");
                return ValueTask.CompletedTask;
            },
        })
        .Build();

    /// <summary>Calls, and calls again under the same ids while the cluster does not answer or has no room.</summary>
    /// <exception cref="UnknownOutcomeException">It did not answer within the call's time: the call may have happened.</exception>
    /// <exception cref="OverloadedException">It had no room within the call's time: nothing was done.</exception>
    public async Task<T> Repeat<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        Exception? last = null;
        try
        {
            return await _pipeline.ExecuteAsync(
                async stop =>
                {
                    try
                    {
                        return await call().WaitAsync(stop);
                    }
                    catch (Exception fault) when (fault is not OperationCanceledException)
                    {
                        last = fault;
                        throw;
                    }
                },
                cancellationToken);
        }
        catch (TimeoutRejectedException late) when (last is OverloadedException full)
        {
            throw new OverloadedException($"{full.Message} ({late.Message})", full.RetryAfter);
        }
        catch (TimeoutRejectedException late)
        {
            throw new UnknownOutcomeException($"The cluster did not answer within {late.Timeout}: the call may or may not have happened. Repeat it with the same id. {last?.Message}");
        }
    }

    /// <summary>As the other; a refusal that only says "later" is repeated too.</summary>
    public Task<T> Repeat<T>(Func<Task<T>> call, Func<T, Problem?> refusal, CancellationToken cancellationToken) => Repeat(
        async () =>
        {
            var outcome = await call();
            return refusal(outcome) switch
            {
                { Kind: ProblemKind.Overloaded } full => throw new OverloadedException(full.Detail, full.RetryAfter ?? TimeSpan.FromSeconds(1)),
                { Kind: ProblemKind.UnknownOutcome } unknown => throw new UnknownOutcomeException(unknown.Detail),
                _ => outcome,
            };
        },
        cancellationToken);
}
