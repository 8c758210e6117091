using Microsoft.Extensions.Logging;
using Rosud.Agents;
using Rosud.Runs;

namespace Rosud.Supervision;

/// <summary>Sends kept outcomes to their runs, each until its run has answered. Lives on the supervisor's scheduler.</summary>
/// <param name="find">The kept outcome; null when it is no longer kept.</param>
/// <param name="release">The run has answered.</param>
internal sealed class Settling(
    IRunDoor runs,
    TimeProvider time,
    Func<DateTimeOffset> now,
    Func<AssignmentId, Kept?> find,
    Action<AssignmentId, SettleOutcome> release,
    ILogger logger)
{
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);
    private readonly Dictionary<AssignmentId, Sending> _sending = [];

    /// <summary>Starts to send an outcome, or hurries the sending that goes on. The answer is the run's.</summary>
    public Task<SettleOutcome> Send(AssignmentId attempt)
    {
        if (_sending.TryGetValue(attempt, out var sending))
        {
            sending.Hurry.TrySetResult();
            return sending.Answer.Task;
        }

        sending = new();
        _sending.Add(attempt, sending);
        _ = Repeat(attempt, sending);
        return sending.Answer.Task;
    }

    /// <summary>Whoever waits for a run's answer is told to ask again; what is kept is sent on.</summary>
    public void LetGo()
    {
        foreach (var sending in _sending.Values)
        {
            var waiting = sending.Answer;
            sending.Answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.TrySetResult(Refusals.Unknown());
        }
    }

    private async Task Repeat(AssignmentId attempt, Sending sending)
    {
        var answer = (SettleOutcome?)null;
        for (var tries = 0; answer is null; tries++)
        {
            if (tries > 0) await Pause(tries, sending);
            if (find(attempt) is not { } kept) answer = Refusals.Fenced();
            else if (kept.Until <= now()) answer = Refusals.Unknown();
            else answer = await Try(kept);
        }

        _sending.Remove(attempt);
        release(attempt, answer);
        sending.Answer.SetResult(answer);
    }

    private async Task<SettleOutcome?> Try(Kept kept)
    {
        try
        {
            return await runs.Settle(kept.Settlement).WaitAsync(RunCalls.Timeout, time);
        }
        catch (Exception fault)   // Whatever went wrong: the run has not answered, and the same call again is harmless.
        {
            logger.LogDebug(fault, "Run {Run} has not answered for {Step}.", kept.Assignment.Run, kept.Assignment.Step);
            return null;
        }
    }

    private async Task Pause(int tries, Sending sending)
    {
        var longest = TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(tries, 16)));
        try
        {
            await sending.Hurry.Task.WaitAsync((longest < PauseMax ? longest : PauseMax) * (0.5 + (Random.Shared.NextDouble() / 2)), time);
            sending.Hurry = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        catch (TimeoutException)
        {
            // Nobody hurried it.
        }
    }

    private sealed class Sending
    {
        public TaskCompletionSource<SettleOutcome> Answer { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Hurry { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
