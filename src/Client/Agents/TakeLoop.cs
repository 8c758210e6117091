using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Rosud.Hosting;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>What a worker needs for its agents.</summary>
internal sealed record WorkerReach(IClusterClient Cluster, ClusterCalls Calls, GatewayLosses Losses, TimeProvider Time, TimeSpan Lease, ILogger Log)
{
    /// <summary>How long a call may wait at a silo for news. Short, because of a silo that dies a waiter may hear only when this is over.</summary>
    public static TimeSpan WaitMax { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an answer may take beyond the waiting.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(2);

    /// <summary>The answer of a call that waits for news, or a <see cref="TimeoutException"/> when it can no longer come.</summary>
    public async Task<T> Hear<T>(Task<T> call, CancellationToken over)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(over, Losses.Next);
        try
        {
            return await call.WaitAsync(WaitMax + Grace, Time, stop.Token);
        }
        catch (OperationCanceledException) when (!over.IsCancellationRequested)
        {
            throw new TimeoutException("A gateway was lost.");
        }
    }
}

/// <summary>Registers one agent, then takes and does its assignments until told to stop.</summary>
/// <param name="say">Is told why the agent cannot take, or null when it can; and whether that stays so as long as nobody changes something.</param>
internal sealed class TakeLoop(LocalAgent agent, WorkerReach reach, Action<string?, bool> say)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ISupervisorGrain _supervisor = reach.Cluster.GetGrain<ISupervisorGrain>(agent.Id.Key);
    private readonly HashSet<Task> _working = [];
    private readonly string _worker = $"w-{RandomNumberGenerator.GetHexString(24, lowercase: true)}";

    /// <summary>Ends when <paramref name="stopping"/> is set and nothing is at work any more; <paramref name="cut"/> tells what is at work to stop.</summary>
    public async Task Run(CancellationToken stopping, CancellationToken cut)
    {
        int? room = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                room ??= await Register();
                _working.RemoveWhere(work => work.IsCompleted);
                if (room is { } most && _working.Count >= most) await Task.WhenAny(_working).WaitAsync(stopping);
                else if (room is { } all && !await Take(all - _working.Count, stopping, cut)) room = null;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)   // The cluster is away: it comes back, or an operator reads the log.
            {
                say(fault.Message, false);
                room = null;
            }

            if (room is null) await Task.Delay(Pause, reach.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(_working);
    }

    // How many assignments at once, or null when the agent is not there.
    private async Task<int?> Register()
    {
        var grain = reach.Cluster.GetGrain<IAgentGrain>(agent.Id.Key);
        var outcome = agent.Spec is { } spec ? await grain.Register(spec with { Transport = new(TransportKind.Pull) }) : await grain.Describe();
        switch (outcome)
        {
            case AgentOutcome.Found { Agent.Spec: { Transport.Kind: TransportKind.Pull } found }:
                say(null, true);
                return found.MaxConcurrency;
            case AgentOutcome.Found:
                say("It is registered, but not as a pull agent.", true);
                return null;
            case AgentOutcome.Refused refused:
                say(new RefusedException(refused.Problem).Message, refused.Problem.Kind is ProblemKind.InvalidRequest);
                return null;
            default:
                say($"Registering was answered with {outcome.GetType().Name}.", true);
                return null;
        }
    }

    // False when the agent is no longer registered.
    private async Task<bool> Take(int room, CancellationToken stopping, CancellationToken cut)
    {
        using var gone = new CancellationTokenSource();
        var asked = _supervisor.Take(new(Math.Min(room, 100), WorkerReach.WaitMax, reach.Lease, _worker), gone.Token);
        TakeOutcome outcome;
        try
        {
            outcome = await reach.Hear(asked, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return await Leave(asked, gone);
        }
        catch
        {
            await gone.CancelAsync();   // The supervisor, if it is there, forgets this worker and gives back what it had handed out.
            throw;
        }

        if (stopping.IsCancellationRequested) return await GiveBack(outcome);
        if (outcome is not TakeOutcome.Taken taken) return false;
        _working.UnionWith(taken.Assignments.Select(assignment => Task.Run(() => Work(assignment, cut), CancellationToken.None)));
        return true;
    }

    private async Task Work(Assignment assignment, CancellationToken cut)
    {
        using var work = new WorkedAssignment(agent, assignment, _supervisor, reach);
        await work.Do(cut);
    }

    // The waiting is ended by the supervisor: a take that is cut off here may just have been handed something.
    private async Task<bool> Leave(Task<TakeOutcome> asked, CancellationTokenSource gone)
    {
        try
        {
            await _supervisor.Release(_worker).WaitAsync(WorkerReach.Grace, reach.Time);
            return await GiveBack(await asked.WaitAsync(WorkerReach.Grace, reach.Time));
        }
        catch (Exception fault) when (LostCalls.LeavesOutcomeOpen(fault))
        {
            await gone.CancelAsync();
            return true;
        }
    }

    // It came in the moment of the stop.
    private async Task<bool> GiveBack(TakeOutcome outcome)
    {
        foreach (var assignment in (outcome as TakeOutcome.Taken)?.Assignments ?? []) await reach.Calls.Repeat(() => _supervisor.Fail(assignment.Id, Failure.WorkerGone), CancellationToken.None);
        return true;
    }
}
