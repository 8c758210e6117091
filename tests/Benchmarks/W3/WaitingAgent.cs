using System.Collections.Concurrent;
using System.Diagnostics;
using Rosud.Agents;
using Rosud.Context;

namespace Rosud.W3;

/// <summary>An agent whose first attempt at each goal stays at work until it is told to stop or let go; what follows is done at once.</summary>
internal sealed class WaitingAgent
{
    public const string Name = "reader";

    public static AgentSpec Contract { get; } = new() { Reads = ["price"], Writes = ["offer"], MaxConcurrency = 128, QueueLimit = 10_000 };

    private readonly ConcurrentDictionary<string, Visit> _visits = new();

    /// <summary>Expects an attempt at this goal.</summary>
    public Visit Expect(string goal) => _visits[goal] = new();

    public async Task<Completion> Work(IAgentWork work, CancellationToken stopped)
    {
        var visit = _visits[work.Assignment.Goal];
        if (visit.Started.TrySetResult())
        {
            try
            {
                await visit.Release.Task.WaitAsync(stopped);
            }
            catch (OperationCanceledException) when (stopped.IsCancellationRequested)
            {
                // Noted here and not by a registration on the token: what waits on a token hears first who came last, and leaving here would take the registration away before its turn.
                visit.Told.TrySetResult(Stopwatch.GetTimestamp());
                throw;
            }
        }

        return new() { Writes = [ContextWrite.Set("offer", 1)] };
    }

    /// <summary>One goal's first attempt.</summary>
    internal sealed class Visit
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>When it was told to stop, as a <see cref="Stopwatch"/> timestamp.</summary>
        public TaskCompletionSource<long> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
