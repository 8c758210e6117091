using System.Collections.Concurrent;
using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Supervision;

/// <summary>Runs the handler of an agent whose code is in this process.</summary>
/// <param name="places">Bounds the handlers that run in this process at once: one that ignores its token keeps its place when its permit is long free.</param>
internal sealed class InProcessTransport(LocalAgent agent, ISupervisorGrain supervisor, SemaphoreSlim places, OffGrainWork work, TimeProvider time) : IAssignmentTransport
{
    private readonly ConcurrentDictionary<AssignmentId, RebasedView> _views = new();

    public bool Ready => true;

    public TimeSpan? Lease => null;

    public void HandOut(Assignment assignment) => work.Start(assignment.Id, stopped => Run(assignment, stopped));

    public void Stop(AssignmentId attempt) => work.Stop(attempt);

    public void Rebase(AssignmentId attempt, ChangedContext changed)
    {
        if (_views.TryGetValue(attempt, out var view)) view.Offer(changed);
    }

    public void StopAll() => work.StopAll();

    private async Task Run(Assignment assignment, CancellationToken stopped)
    {
        Completion completion;
        var view = _views[assignment.Id] = new(assignment.Context);
        try
        {
            await places.WaitAsync(stopped);
            try
            {
                completion = view.Complete(await agent.Handler(new Work(assignment, view, supervisor, time, stopped), stopped));
            }
            finally
            {
                places.Release();
            }
        }
        finally
        {
            _views.TryRemove(assignment.Id, out _);
        }

        await work.Complete(assignment.Id, completion, stopped).ConfigureAwait(false);
    }

    private sealed class Work(Assignment assignment, RebasedView view, ISupervisorGrain supervisor, TimeProvider time, CancellationToken stopped) : IAgentWork
    {
        private const int StatusLengthMax = 1_024;

        public Assignment Assignment => assignment;

        public ContextView Context => view.Current;

        public bool HasChanged => view.HasChanged;

        public Task WhenChanged(CancellationToken stopped) => view.WhenChanged(stopped);

        public ImmutableArray<ContextKey> Rebase() => view.Rebase();

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

        public Task<Effect> Effect(string name, Func<string, Task<JsonValue>> act) => Asked.Effect(name, act);

        public Task<JsonValue> Ask(string question, JsonValue? schema = null, TimeSpan? expires = null) => Asked.Ask(question, schema, expires);

        private AskedWork Asked => new(
            assignment,
            request => Repeated(() => supervisor.Effect(assignment.Id, request)),
            request => Repeated(() => supervisor.AskPerson(assignment.Id, request)),
            stopped);

        // The run may be between two drivers; what was said is known again when it is said again.
        private async Task<SettleOutcome> Repeated(Func<Task<SettleOutcome>> say)
        {
            while (true)
            {
                var answer = await say();
                if (answer is not SettleOutcome.Refused { Problem: { Kind: Tenants.ProblemKind.UnknownOutcome or Tenants.ProblemKind.Overloaded } problem }) return answer;
                await Task.Delay(problem.RetryAfter ?? TimeSpan.FromSeconds(1), time, stopped);
            }
        }
    }
}
