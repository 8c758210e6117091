using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;

namespace Rosud.Supervision;

/// <summary>Runs the handler of an agent whose code is in this process.</summary>
/// <param name="places">Bounds the handlers that run in this process at once: one that ignores its token keeps its place when its permit is long free.</param>
internal sealed class InProcessTransport(LocalAgent agent, ISupervisorGrain supervisor, SemaphoreSlim places, OffGrainWork work) : IAssignmentTransport
{
    public bool Ready => true;

    public TimeSpan? Lease => null;

    public void HandOut(Assignment assignment) => work.Start(assignment.Id, stopped => Run(assignment, stopped));

    public void Stop(AssignmentId attempt) => work.Stop(attempt);

    public void StopAll() => work.StopAll();

    private async Task Run(Assignment assignment, CancellationToken stopped)
    {
        Completion completion;
        await places.WaitAsync(stopped);
        try
        {
            completion = await agent.Handler(new Work(assignment, supervisor, stopped), stopped);
        }
        finally
        {
            places.Release();
        }

        await work.Complete(assignment.Id, completion, stopped);
    }

    private sealed class Work(Assignment assignment, ISupervisorGrain supervisor, CancellationToken stopped) : IAgentWork
    {
        private const int StatusLengthMax = 1_024;

        public Assignment Assignment => assignment;

        public async Task<ContextVersion> Publish(ImmutableArray<ContextWrite> writes)
        {
            stopped.ThrowIfCancellationRequested();
            return await supervisor.Publish(assignment.Id, writes) switch
            {
                SettleOutcome.Published published => published.Version,
                SettleOutcome.Refused { Problem.Kind: Tenants.ProblemKind.Fenced } => throw new OperationCanceledException("The attempt is over.", stopped),
                SettleOutcome.Refused refused => throw new InvalidOperationException(refused.Problem.Detail),
                var other => throw new InvalidOperationException($"Publishing was answered with {other.GetType().Name}."),
            };
        }

        public async Task Report(double? progress, string? status)
        {
            stopped.ThrowIfCancellationRequested();
            var cut = status is { Length: > StatusLengthMax } ? status[..StatusLengthMax] : status;
            await supervisor.Heartbeat(assignment.Id, new(progress, cut, TimeSpan.Zero));
        }
    }
}
