using System.Collections.Immutable;
using System.Security.Cryptography;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

internal sealed partial class ChannelGrain
{
    private const int LetGoAtOnce = 64;

    private RetryBucket _retries = new();
    private readonly WriteIntents _intents = new(clock);

    public async Task<CoordinateOutcome> Coordinate(CoordinateRequest request, IRunObserver? observer)
    {
        var state = Durable;
        if (!state.Exists) state = await Confirmed();
        if (!state.Exists) return new CoordinateOutcome.Refused(ChannelRules.NotFound);
        if (await Known(state, request) is { } known) return Joined(known, observer);
        var (policy, agents) = await catalog.Read(new(_id.Tenant, state.Record!.Spec.Network), NamedBy(state.Record.Spec, request.Task));
        var standing = default(ParentStanding);
        if (request.Parent is { } parent)
        {
            var answer = await Standing(parent);
            if (answer is ParentAnswer.Refused unfit) return new CoordinateOutcome.Refused(unfit.Problem);
            standing = ((ParentAnswer.Stands)answer).Standing;
        }

        var (accepted, problem) = RunAcceptance.Prepare(NewRun(), request, state, agents, policy, standing, clock.GetUtcNow());
        if (accepted is null)
        {
            await Confirmed();   // A refusal from an activation that is no longer the one would rest on the past.
            return new CoordinateOutcome.Refused(problem!);
        }

        // First in the parent's record, which names it when it was asked for before, and then here: a child that is accepted is known above.
        if (accepted.Parent is { } above)
        {
            var spawned = await drivers[above.Key].Spawn(ChildRules.ChildOf(accepted));
            if (spawned is ParentAnswer.Refused refused) return new CoordinateOutcome.Refused(refused.Problem);
            accepted = accepted with { Run = (spawned as ParentAnswer.Stands)?.Child ?? accepted.Run };
        }

        var outcome = await Decide(draft => RunRules.Accept(draft, accepted, request.Operation), 1024 + request.Task.Input.Length + (accepted.Steps.Length * 256));
        if (outcome is not CoordinateOutcome.Accepted { Joined: false }) return Joined(outcome, observer);
        _retries.FirstAttempts(accepted.Steps.Length);
        var record = Durable.Runs.Live.GetValueOrDefault(accepted.Run.Name);
        if (record is { End: null })
        {
            _drivers!.Start(record.Accepted, RunRules.Interest(Durable, record, clock.GetUtcNow()), observer).Ignore();
        }

        await _openRuns!.Secured;
        return outcome;
    }

    public async Task<DriverAnswer> TakeDriver(RunId run)
    {
        var answer = await Spoken(run, draft => RunRules.TakeDriver(draft, run));
        if (answer is DriverAnswer.Taken taken) _drivers?.Told(run, taken.Context.Version);
        return answer;
    }

    // Beside what their drivers say: those stop at the same time, and may not reach this grain any more.
    private static void LetGo(CommitLoop loop)
    {
        foreach (var some in loop.Durable.Runs.Open.Select(run => run.Accepted.Run.Name).Chunk(LetGoAtOnce)) loop.Decide(draft => RunRules.LetGo(draft, some), 512 * some.Length).Ignore();
    }

    public Task LetGo(RunId run, int epoch) => Decide(draft => RunRules.LetGo(draft, run, epoch));

    public async Task<StepAnswer> CommitStep(StepCommit commit)
    {
        using var asked = _drivers?.Asked(commit.Run, commit.Epoch);
        if (!_intents.IsEmpty) await _intents.Free(commit.Run, commit.Writes);
        var answer = await Recorded(
            commit.Run,
            draft =>
            {
                foreach (var happened in commit.Told) draft.Notify(NoticeOf(commit.Run, happened, draft.State.Log.Head));
                return RunRules.Commit(draft, commit);
            },
            512 + commit.Writes.Sum(write => write.Value?.Length ?? 0));
        _intents.Release(commit.Run, commit.Step);
        TellUnsaid(commit.Run, answer);
        return answer;
    }

    // It may have ended in the same record for another reason, and the answer says only what became of the step.
    private void TellUnsaid(RunId run, StepAnswer answer)
    {
        if (answer is StepAnswer.Ended or StepAnswer.Done { End: not null } || Durable.Runs.Live.GetValueOrDefault(run.Name) is not { End: not null } ended) return;
        _drivers?.TellEnded(ended, isAnswered: true);
    }

    public async Task<StepAnswer> PublishStep(StepPublish publish)
    {
        if (!_intents.IsEmpty) await _intents.Free(publish.Run, publish.Writes);
        return await Recorded(publish.Run, draft => RunRules.Publish(draft, publish), 512 + publish.Writes.Sum(write => write.Value?.Length ?? 0));
    }

    public Task<StepAnswer> Begin(BeginAttempt begin)
    {
        _intents.Release(begin.Run, begin.Step);
        var spending = _retries.ForOne();
        return Recorded(begin.Run, draft => RunRules.Begin(draft, begin, spending), 512 + (begin.Asked?.Pending?.Writes.Sum(write => write.Value?.Length ?? 0) ?? 0));
    }

    public Task<StepAnswer> Effect(StepEffect effect) => Recorded(effect.Run, draft => EffectRules.Record(draft, effect), 512 + (effect.Request.Receipt?.Length ?? 0));

    public Task<StepAnswer> Reply(StepReply reply) => Recorded(reply.Run, draft => QuestionRules.Reply(draft, reply), 512 + reply.Answer.Value.Length);

    // Behind what waits already, so that nobody who came before writes after the reading.
    public Task<ContextView> Intend(RunId run, string step, ImmutableArray<KeyPattern> reads, ImmutableArray<KeyPattern> interest)
    {
        if (Durable.Runs.Live.GetValueOrDefault(run.Name) is { End: null }) _intents.Hold(run, step, reads);
        return Spoken(run, draft => RunRules.ViewOf(draft.State, interest, draft.Now));
    }

    public Task<StepAnswer> PutChild(RunId run, ChildRun child) => Spoken(run, draft => ChildRules.Put(draft, run, child));

    public async Task<StepAnswer> End(EndRun end)
    {
        using var asked = _drivers?.Asked(end.Run, end.Epoch);
        _intents.Release(end.Run);
        var answer = await Spoken(end.Run, draft => RunRules.End(draft, end));
        TellUnsaid(end.Run, answer);
        return answer;
    }

    // In no hurry: until it is known here, the run is only looked after in vain.
    public Task Archived(RunId run) => Decide(
        draft =>
        {
            if (draft.State.Runs.Live.TryGetValue(run.Name, out var record) && record.End is { } end) draft.Archive(record, end);
            return true;
        },
        isPatient: true);

    public Task Tell(RunId run, ImmutableArray<TimelineEvent> events)
    {
        Heard(run);
        var head = Durable.Log.Head;
        _announcer?.Announce([], [.. events.Select(happened => NoticeOf(run, happened, head))], deleted: false);
        return Task.CompletedTask;
    }

    public Task<ContextView> View(RunId run, ImmutableArray<KeyPattern> keys)
    {
        Heard(run);
        return Task.FromResult(RunRules.ViewOf(Durable, keys, clock.GetUtcNow()));
    }

    /// <summary>The sweeper or a reminder: every open run without a driver gets one.</summary>
    public Task Wake() => Woken(TimeSpan.Zero);

    public Task ReceiveReminder(string reminderName, Orleans.Runtime.TickStatus status) => Woken(DriverWatch.Silence);

    private Task Woken(TimeSpan silence)
    {
        _openRuns?.Reminded();
        return _drivers?.WakeSilent(Durable.Runs.Live.Values, silence) ?? Task.CompletedTask;
    }

    // What cannot be written at once cannot be written later either.
    private async Task<StepAnswer> Recorded(RunId run, Func<Draft, StepAnswer> decide, int bytes)
    {
        try
        {
            return await Spoken(run, decide, bytes);
        }
        catch (RecordTooLargeException fault)
        {
            return new StepAnswer.Refused(new(ProblemKind.PayloadTooLarge, fault.Message));
        }
    }

    private Task<T> Spoken<T>(RunId run, Func<Draft, T> decide, int bytes = 512)
    {
        Heard(run);
        return Decide(decide, bytes);
    }

    private void Heard(RunId run)
    {
        if (Durable.Runs.Live.ContainsKey(run.Name)) _drivers?.Heard(run);
    }

    // Without a key nothing has to be remembered; with one what is known is looked up first, because most are new.
    private async Task<CoordinateOutcome?> Known(ChannelState state, CoordinateRequest request)
    {
        var known = request.Task.Id is { } id ? state.Runs.FindTask(id) : null;
        if (request.Operation is null) return known is { } run ? RunRules.Join(run, request.TaskHash) : null;
        if (known is null && _journal.FindOperation(Operations.IdOf(request.Operation)) is null) return null;
        return await Decide(draft => RunRules.Known(draft, request));
    }

    // Not waited for: a run that comes back asks this channel, and an activation that the runtime is ending takes no call before those that it has begun are over.
    private CoordinateOutcome Joined(CoordinateOutcome outcome, IRunObserver? observer)
    {
        if (outcome is CoordinateOutcome.Accepted { Joined: true } joined && observer is not null)
        {
            GrainFactory.GetGrain<IRunGrain>(joined.Run.Key).Watch(observer).Ignore();
        }

        return outcome;
    }

    private Task<ParentAnswer> Standing(string parent) => RunId.TryParse(_id.Tenant, parent, out var run)
        ? drivers[run.Key].Standing()
        : Task.FromResult<ParentAnswer>(new ParentAnswer.Refused(ChildRules.Unknown));

    // The contract is checked against what is registered now, so every agent that could be named is looked up.
    private static List<string> NamedBy(ChannelSpec spec, CoordinationTask task) =>
        [.. spec.Agents.Concat(task.Steps is { } steps ? steps.SelectMany(AgentsNamed) : []).Where(Names.IsValid).Distinct(StringComparer.Ordinal)];

    private static ChannelNotice NoticeOf(RunId run, TimelineEvent happened, ContextVersion head) => new(head, 0, "assignment", happened.At, JsonValue.From(new
    {
        run = run.Name,
        step = happened.Step,
        agent = happened.Agent,
        attempt = happened.Attempt,
        outcome = happened.Kind is "started" or "progress" ? "working" : happened.Kind,
        detail = happened.Detail,
    }));

    private static IEnumerable<string> AgentsNamed(TaskStep step) => new[] { step.Agent, step.OnFailure.Agent }
        .Concat(step.Acceptance.Select(test => test.Verifier)).OfType<string>();

    private RunId NewRun()
    {
        Span<byte> random = stackalloc byte[5];
        RandomNumberGenerator.Fill(random);
        return RunId.Make(_id, $"r{clock.GetUtcNow().ToUnixTimeMilliseconds():x}{Convert.ToHexStringLower(random)}");
    }
}
