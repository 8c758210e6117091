using Rosud.Context;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Runs;

internal sealed class RemoteRuns(Reach reach) : IRuns
{
    public IRun Open(string id) => RunId.TryParse(reach.Tenant, id, out var run)
        ? new RemoteRun(reach, run)
        : throw new ArgumentException("A run's id is <channel>.<letters and digits>, as coordinate or submit gave it.", nameof(id));
}

internal sealed class RemoteRun(Reach reach, RunId id) : IRun
{
    private static readonly TimeSpan Forever = TimeSpan.FromDays(3_650);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly IRunGrain _grain = reach.Cluster.GetGrain<IRunGrain>(id.Key);

    public string Id => id.Name;

    public Task<RunResult> Describe(CancellationToken cancellationToken = default) => Found(_grain.Describe, cancellationToken);

    public async Task<RunExplanation> Explain(CancellationToken cancellationToken = default) => RunExplanation.Of(await Describe(cancellationToken));

    public Task<RunResult> Cancel(CancellationToken cancellationToken = default) => Found(_grain.Cancel, cancellationToken);

    public async Task<Question> Answer(string question, JsonValue value, string? by = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(question);
        ArgumentNullException.ThrowIfNull(value);
        var outcome = await reach.Calls.Repeat(() => _grain.Answer(new(question, value, by)), answer => (answer as AnswerOutcome.Refused)?.Problem, cancellationToken);
        return outcome switch
        {
            AnswerOutcome.Counted counted => counted.Question,
            AnswerOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw new InvalidOperationException($"The run answered with {other.GetType().Name}, which this client does not know: update it."),
        };
    }

    public async Task<RunResult> Result(TimeSpan? longest = null, CancellationToken cancellationToken = default)
    {
        if (longest is { } span) ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero, nameof(longest));
        var wait = new RunWait(reach.Time);   // Held here: the reference alone would not keep it alive.
        var self = reach.Cluster.CreateObjectReference<IRunObserver>(wait);
        try
        {
            return await Ended(wait, self, watch: true, longest ?? Forever, cancellationToken);
        }
        finally
        {
            reach.Cluster.DeleteObjectReference<IRunObserver>(self);
            GC.KeepAlive(wait);
        }
    }

    /// <summary>Waits for the end with an observer; <paramref name="watch"/> says whether the run must still be told of it.</summary>
    public async Task<RunResult> Ended(RunWait wait, IRunObserver self, bool watch, TimeSpan longest, CancellationToken cancellationToken)
    {
        var start = reach.Time.GetTimestamp();
        while (true)
        {
            var left = longest - reach.Time.GetElapsedTime(start);
            try
            {
                return Found(await wait.WaitAsync(_grain, self, watch, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken));
            }
            catch (Exception fault) when (LostCalls.LeavesOutcomeOpen(fault))
            {
                if (left <= -reach.Calls.Longest) throw new UnknownOutcomeException($"The cluster did not answer: the run {Id} goes on without this caller and ends by its deadline. {fault.Message}");
                // Its silo is gone; the next call brings the run back on another.
                await Task.Delay(Pause, reach.Time, cancellationToken);
                watch = true;
            }
        }
    }

    private async Task<RunResult> Found(Func<Task<RunOutcome>> call, CancellationToken cancellationToken) =>
        Found(await reach.Calls.Repeat(call, outcome => (outcome as RunOutcome.Refused)?.Problem, cancellationToken));

    private static RunResult Found(RunOutcome outcome) => outcome switch
    {
        RunOutcome.Found found => found.Result,
        RunOutcome.Refused refused => throw new RefusedException(refused.Problem),
        var other => throw new InvalidOperationException($"The run answered with {other.GetType().Name}, which this client does not know: update it."),
    };
}
