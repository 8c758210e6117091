using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Rosud.Agents;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Runs;

// Does the drive's actions. Every call is bounded (RunCalls); what became of it goes back to the drive, which repeats it with the same id.
internal sealed partial class RunGrain
{
    private static readonly string[] Shown = ["started", "queued", "progress", "held", "skipped", "failed", "refused", "verified", "refused_by_verifier"];

    private static readonly TimeSpan TellWithin = TimeSpan.FromMilliseconds(10);

    private readonly List<TimelineEvent> _untold = [];
    private DateTimeOffset? _tellAt;
    private DateTimeOffset _ringsAt = DateTimeOffset.MaxValue;
    private int _shown;

    private void Do(Action<RunDrive> happened)
    {
        if (_drive is not { } drive || _isStopped) return;
        happened(drive);
        foreach (var action in drive.Drain()) Do(drive, action);
        Show(drive);
        Rewind(drive);
    }

    // The channel's log tells commits, retries and the end to listeners; the rest they hear from here, with the next
    // commit if one comes at once. May be lost.
    private void Show(RunDrive drive)
    {
        for (; _shown < drive.Timeline.Count; _shown++)
        {
            if (!Shown.Contains(drive.Timeline[_shown].Kind)) continue;
            if (_untold.Count == 0) _tellAt = Now + TellWithin;
            _untold.Add(drive.Timeline[_shown]);
        }

        if (_untold.Count > 0 && (drive.IsFinished || _tellAt <= Now)) Log.Tell(Id, Untold()).Ignore();
    }

    private ImmutableArray<TimelineEvent> Untold()
    {
        ImmutableArray<TimelineEvent> untold = [.. _untold];
        _untold.Clear();
        _tellAt = null;
        return untold;
    }

    // A timer that rings too early only looks again, so it is not set later while the run goes on.
    private void Rewind(RunDrive drive)
    {
        var due = drive.WakeAt is { } wake && !(wake > _tellAt) ? wake : _tellAt;
        if (_timer is null || due is not { } at || at >= _ringsAt) return;
        _ringsAt = at;
        var wait = at - Now;
        _timer.Change(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait, Timeout.InfiniteTimeSpan);
    }

    private void Do(RunDrive drive, DriveAction action)
    {
        switch (action)
        {
            case DriveAction.Admit admit:
                Ask(() => Door(admit.Agent).Admit(admit.Request), answer => drive.Admitted(admit, answer, Now));
                break;
            case DriveAction.Ask ask:
                Ask(async () => (AskAnswer?)await Door(ask.Agent).Ask(Id, drive.Epoch, ask.Step, ask.Attempt, ask.Incarnation), answer => drive.Asked(ask, answer, Now));
                break;
            case DriveAction.Query query:
                Ask(() => Door(query.Agent).Query(Id, drive.Epoch), answer => drive.Queried(query, answer, Now));
                break;
            case DriveAction.Commit commit:
                Ask(() => Log.CommitStep(commit.Body with { Told = Untold() }), answer => drive.Committed(commit.Body, answer, Now));
                break;
            case DriveAction.Publish publish:
                Ask(() => Log.PublishStep(publish.Body), answer => drive.Published(publish, answer, Now));
                break;
            case DriveAction.Effect effect:
                Ask(() => Log.Effect(effect.Body), answer => drive.EffectKnown(effect, answer, Now));
                break;
            case DriveAction.Reply reply:
                Ask(() => Log.Reply(reply.Body), answer => drive.Replied(reply, answer, Now));
                break;
            case DriveAction.Begin begin:
                Ask(() => Log.Begin(begin.Body), answer => drive.Begun(begin.Body, answer, Now));
                break;
            case DriveAction.End end:
                Ask(() => Log.End(end.Body).WaitAsync(RunCalls.Timeout, time), answer => drive.EndAnswered(end.Body, answer, Now));
                break;
            case DriveAction.Refresh refresh:
                Ask(() => Log.View(Id, refresh.Keys), view => drive.Refreshed(view, Now));
                break;
            case DriveAction.Intend intend:
                Ask(() => Log.Intend(Id, intend.Step, intend.Reads, intend.Interest), view => drive.Intended(intend, view, Now));
                break;
            case DriveAction.ReadOutputs read:
                Ask(() => Log.View(Id, read.Keys), view => drive.OutputsRead(read, view));
                break;
            default:
                Tell(drive, action);
                break;
        }
    }

    private void Tell(RunDrive drive, DriveAction action)
    {
        switch (action)
        {
            case DriveAction.Supersede supersede:
                Door(supersede.Assignment.Agent).Supersede(supersede.Assignment, drive.Epoch).Ignore();
                break;
            case DriveAction.Rebase rebase:
                Door(rebase.Assignment.Agent).Rebase(rebase.Assignment, drive.Epoch, rebase.Changed).Ignore();
                break;
            case DriveAction.Cancel cancel:
                foreach (var agent in cancel.Agents) Door(agent).Cancel(Id, drive.Epoch).Ignore();
                break;
            case DriveAction.AnswerSettle answer when _settles.Remove((answer.Step, answer.Attempt), out var waiting):
                foreach (var caller in waiting) caller.TrySetResult(answer.Outcome);
                break;
            case DriveAction.AnswerPublish answer when _publishes.Remove(answer.Ticket, out var caller):
                caller.TrySetResult(answer.Outcome);
                break;
            case DriveAction.AnswerPerson answer when _people.Remove(answer.Ticket, out var person):
                person.TrySetResult(answer.Outcome);
                break;
            case DriveAction.Finish:
                Finish(drive).Ignore();
                break;
            case DriveAction.Stop:
                Stop();
                break;
        }
    }

    private ISupervisorDoor Door(AgentId agent) => doors[agent.Key];

    private void Ask<T>(Func<Task<T>> call, Action<T?> answered) => Call(call, answered).Ignore();

    private async Task Call<T>(Func<Task<T>> call, Action<T?> answered)
    {
        T? answer = default;
        try
        {
            answer = await call();
        }
        catch (TimeoutException)
        {
            // The call's outcome is unknown: the drive asks or repeats it.
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogCallFailed(Id.Name, fault);
            await Task.Delay(fault is OverloadedException { RetryAfter: var wait } && wait > Pause ? wait : Pause, time);
        }

        Do(_ => answered(answer));
    }

    // Another activation drives: everybody who waits here asks again and finds it.
    private void Stop()
    {
        _isStopped = true;
        var moved = new UnknownOutcomeException("Another activation drives the run; repeat the call.");
        foreach (var caller in _settles.Values.SelectMany(waiting => waiting).Concat(_publishes.Values)) caller.TrySetException(moved);
        foreach (var person in _people.Values) person.TrySetException(moved);
        _settles.Clear();
        _publishes.Clear();
        _people.Clear();
        Quiet();
        DeactivateOnIdle();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A call of run {Run} failed and will be repeated.")]
    private partial void LogCallFailed(string run, Exception fault);
}
