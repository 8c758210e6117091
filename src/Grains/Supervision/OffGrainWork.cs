using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rosud.Agents;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>Attempts at work outside the grain's scheduler: a slow or blocking agent cannot hold up its supervisor.</summary>
/// <param name="supervisor">The way back: what happens out here is told to the supervisor in a turn of its own.</param>
/// <param name="threads">Where it works.</param>
internal sealed class OffGrainWork(SupervisorTurns supervisor, TaskScheduler threads, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<AssignmentId, CancellationTokenSource> _working = new();

    /// <summary>Starts <paramref name="work"/>; an exception of it is the attempt's failure.</summary>
    public void Start(AssignmentId attempt, Func<CancellationToken, Task> work)
    {
        var stop = new CancellationTokenSource();
        _working[attempt] = stop;
        // Nothing of the grain's call (its context, its call chain) belongs to the agent's work.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Factory.StartNew(() => Run(attempt, work, stop), CancellationToken.None, TaskCreationOptions.DenyChildAttach, threads);
        }
    }

    public void Stop(AssignmentId attempt)
    {
        if (_working.TryRemove(attempt, out var stop)) _ = stop.CancelAsync();
    }

    public void StopAll()
    {
        foreach (var attempt in _working.Keys) Stop(attempt);
    }

    public Task Complete(AssignmentId attempt, Completion completion, CancellationToken stopped) =>
        Report(grain => grain.Complete(attempt, completion), stopped);

    public Task Fail(AssignmentId attempt, Failure failure, CancellationToken stopped) =>
        Report(grain => grain.Fail(attempt, failure), stopped);

    private async Task Run(AssignmentId attempt, Func<CancellationToken, Task> work, CancellationTokenSource stop)
    {
        try
        {
            await work(stop.Token).ConfigureAwait(false);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // Its supervisor has ended the attempt: whatever came of it is of no use.
        }
        catch (AttemptAskedException)
        {
            // The attempt ended with its question.
        }
        catch (Exception fault)   // The agent's code: anything can be thrown, and all of it is the attempt's failure.
        {
            logger.LogInformation(fault, "Agent {Agent} failed at step {Step}.", attempt.Agent.Name, attempt.Step);
            await Fail(attempt, AgentFailureException.Of(fault), stop.Token).ConfigureAwait(false);
        }
        finally
        {
            _working.TryRemove(KeyValuePair.Create(attempt, stop));
        }
    }

    // Repeated until the supervisor has taken it; the attempt's own deadline stops it.
    private async Task Report(Func<ISupervisorGrain, Task<SettleOutcome>> say, CancellationToken stopped)
    {
        for (var pause = PauseMin; !stopped.IsCancellationRequested; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            try
            {
                if (await supervisor.Do(say).ConfigureAwait(false) is not SettleOutcome.Refused { Problem.Kind: ProblemKind.Overloaded or ProblemKind.UnknownOutcome }) return;
            }
            catch (Exception fault)   // The call was lost; the same call again gets the same answer.
            {
                logger.LogDebug(fault, "A supervisor could not be reached; the outcome is sent again.");
            }

            await Task.Delay(pause, time, stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
