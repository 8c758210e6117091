using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Supervision;

namespace Rosud.Runs;

/// <summary>One schedule: a real <see cref="RunDrive"/> between model channel, supervisors and workers, over a network that loses, repeats and reorders.</summary>
internal sealed partial class RunSimulation
{
    private const int PicksMax = 20_000;
    private readonly Random _random;
    private readonly Random? _beats;
    private readonly AcceptedRun _accepted;
    private readonly Mutant _mutant;
    private readonly Dictionary<string, ModelSupervisor> _supervisors = [];
    private readonly Dictionary<AgentId, long> _incarnations = [];
    private readonly List<(Action Deliver, Action? Lost)> _network = [];
    private readonly List<Action> _late = [];
    private readonly List<ModelWorker> _workers = [];
    private int _faults;
    private int _writes;
    private int _generation;
    private int _crashes;
    private int _lostSupervisors;
    private long _tickets;
    private DateTimeOffset _now;

    /// <param name="memos">What is remembered of work, before this run and after it.</param>
    public RunSimulation(AcceptedRun accepted, int seed, int faults, Mutant mutant = Mutant.None, int writes = 0, Dictionary<ContentHash, ImmutableArray<ContextWrite>>? memos = null)
    {
        _random = new(seed);
        _beats = seed % 4 == 3 ? new(seed) : null;   // Heartbeats give supervisors that were lost a part of their memory back: most schedules do without.
        _accepted = accepted;
        _mutant = mutant;
        _faults = faults;
        _writes = writes;
        _now = accepted.AcceptedAt;
        Log = new(accepted, mutant) { Now = () => _now, BatchedBefore = own => _random.Next(own + 1), Memos = memos ?? [] };
        Log.Write("x", JsonValue.Parse("0"));
        Log.Notice = (from, to, changes) => OneWay(drive => drive.Changed(from, to, changes, _now));
        foreach (var agent in accepted.Steps.SelectMany(step => step.Verifiers.Select(verifier => verifier.Agent).Concat([step.Agent, step.OnFailure.Agent])).OfType<string>().Distinct())
        {
            _supervisors[agent] = new(new(accepted.Run.Tenant, agent), mutant) { Invoke = Start, Settle = Settle, Refuses = () => _faults > 0 && _random.Next(20) == 0 && _faults-- > 0 };
        }
    }

    public ModelLog Log { get; }

    public RunDrive? Drive { get; private set; }

    public bool IsFinished { get; private set; }

    /// <summary>Each call of an agent: the step and what it was handed.</summary>
    public List<(string Step, ContextView View)> Calls { get; } = [];

    /// <summary>Kills one actor after this many picks, whatever happens then; null for chance alone.</summary>
    public (Actor Victim, int After)? Kill { get; set; }

    /// <summary>Whether the kill came before the end.</summary>
    public bool HasKilled { get; private set; }

    public RunSimulation Play()
    {
        Drive = RunDrive.Start(_accepted, Log.View(_accepted.Interest), _accepted.Deadline - _now, new(_incarnations, (_, _) => null), _now);
        Drain();
        for (var picks = 0; !IsFinished; picks++)
        {
            if (picks > PicksMax) throw new BrokenInvariantException($"(b) the run does not end: {this}");
            _now += TimeSpan.FromMilliseconds(_random.Next(1, 15));
            Log.LetWritersGo();
            if (Kill is { } kill && kill.After == picks) Die(kill.Victim);
            Pick();
        }

        Log.CheckEnd();
        CheckOutside();
        foreach (var supervisor in _supervisors.Values) supervisor.CheckPermits();
        var isPatient = _accepted.Deadline - _accepted.AcceptedAt > TimeSpan.FromHours(1);
        if (isPatient && Log.End!.Status == RunStatus.DeadlineExceeded) throw new BrokenInvariantException("(b) only its deadline ended the run");
        return this;
    }

    public override string ToString() => $"log {Log.End?.Status} epoch {Log.Epoch}, {_network.Count} messages, {_workers.Count} workers, wake {Drive?.WakeAt - _now}; "
        + string.Join(", ", Drive?.Steps.Select(step => $"{step.Plan.Id} {step.Phase} {step.Attempt} guard {step.Guard} demanded {step.Demanded} not before {step.NotBefore - _now}") ?? ["no driver"]);

    private void Pick()
    {
        if (Drive is null && (_random.Next(4) == 0 || (_network.Count == 0 && _workers.Count == 0)))
        {
            TakeOver();
            return;
        }

        if (_writes > 0 && _random.Next(12) == 0)
        {
            _writes--;
            Log.WriteFromOutside(new("x"), JsonValue.Parse($"{(_changing ? _writes : _random.Next(3))}"));
            return;
        }

        if (_faults > 0 && _random.Next(12) == 0)
        {
            Fault();
            return;
        }

        if (_random.Next(6) == 0 && Person()) return;
        if (_late.Count > 0 && _random.Next(25) == 0)
        {
            var late = _late[_random.Next(_late.Count)];
            _late.Remove(late);
            late();
            return;
        }

        if (Drive?.WakeAt <= _now)
        {
            Happens(drive => drive.Tick(_now));
            return;
        }

        if (_running.Count > 0 && _random.Next(8) == 0)
        {
            EndOne();
            return;
        }

        var choice = _random.Next(_network.Count + _workers.Count + 1);
        if (choice < _network.Count) Deliver(choice);
        else if (choice < _network.Count + _workers.Count) Work(_workers[choice - _network.Count]);
        else if (_network.Count == 0) Idle();
    }

    // Nothing is on its way: whoever repeats something on a timer does so now.
    private void Idle()
    {
        if (Log.EndAtDeadline()) OneWay(drive => drive.ChannelEnded(Log.End!, _now));
        var waiting = _supervisors.Values.SelectMany(supervisor => supervisor.Results).ToArray();
        foreach (var settlement in waiting) Settle(settlement);
        if (waiting.Length == 0 && _workers.Count == 0 && Person()) return;
        if (waiting.Length == 0 && _workers.Count == 0 && Drive?.WakeAt is { } wake && wake > _now) _now = wake;
    }

    private void Die(Actor victim)
    {
        HasKilled = true;
        switch (victim)
        {
            case Actor.Run:
                LoseDriver();
                break;
            case Actor.Supervisor:
                foreach (var supervisor in _supervisors.Values) Crash(supervisor);
                break;
            case Actor.Channel:
                // What was on its way is lost with it: callers hear nothing in time and repeat it.
                Log.ForgetIntents();
                var timeouts = _network.Select(message => message.Lost).OfType<Action>().ToList();
                _network.Clear();
                foreach (var timeout in timeouts) _network.Add((timeout, timeout));
                break;
        }
    }

    private void Crash(ModelSupervisor supervisor)
    {
        supervisor.Crash();
        _lostSupervisors++;
    }

    private void LoseDriver()
    {
        Drive = null;
        _crashes++;
        _generation++;
    }

    private void Fault()
    {
        _faults--;
        switch (_random.Next(9))
        {
            case 0:
                LoseDriver();
                break;
            case 1:
                Crash(_supervisors.Values.ElementAt(_random.Next(_supervisors.Count)));
                if (_random.Next(2) == 0) OneWay(drive => drive.SiloDied(_now));
                break;
            case 2:
                Log.WriteFromOutside(new("x"), JsonValue.Parse($"{_random.Next(3)}"));
                break;
            case 3 when _workers.Count > 0:
                Die(_workers[_random.Next(_workers.Count)]);
                break;
            case 8:
                // Somebody cancels the run.
                if (Log.EndRun(new(_accepted.Run, 0, RunStatus.Canceled, null, [])) is StepAnswer.Done) OneWay(drive => drive.ChannelEnded(Log.End!, _now));
                break;
            case 4 or 5 when _network.Count > 0:
                _late.Add(_network[_random.Next(_network.Count)].Deliver);   // Once now and once much later.
                break;
            default:
                if (_network.Count == 0) break;
                var lost = _random.Next(_network.Count);
                var timeout = _network[lost].Lost;
                _network.RemoveAt(lost);
                if (timeout is not null) _network.Add((timeout, timeout));
                break;
        }
    }

    private void Deliver(int message)
    {
        var deliver = _network[message].Deliver;
        _network.RemoveAt(message);
        deliver();
    }

    private void TakeOver()
    {
        var taken = (DriverAnswer.Taken)Log.TakeDriver();
        if (_crashes > 4) _faults = 0;
        Drive = RunDrive.TakeOver(taken.Record, taken.Context, taken.TimeLeft, new(_incarnations, (_, _) => null), _now);
        Drain();
    }

    private void Happens(Action<RunDrive> what)
    {
        if (Drive is null) return;
        what(Drive);
        Drain();
    }

    private void OneWay(Action<RunDrive> what) => _network.Add((() => Happens(what), null));

    private void Call<T>(Func<T> callee, Action<RunDrive, T?> back)
    {
        var generation = _generation;
        var isAnswered = false;
        void Back(T? answer)
        {
            if (generation == _generation && !isAnswered) Happens(drive => back(drive, answer));
            isAnswered = true;
        }

        _network.Add((() => { var answer = callee(); _network.Add((() => Back(answer), () => Back(default))); }, () => Back(default)));
    }

    private void Drain()
    {
        foreach (var action in Drive!.Drain()) Do(action);
    }

    private void Do(DriveAction action)
    {
        var epoch = Drive!.Epoch;
        switch (action)
        {
            case DriveAction.Admit or DriveAction.Ask when _mutant == Mutant.ForgetUnfinished && _crashes > 0:
                break;
            case DriveAction.Admit admit:
                Call(() => _supervisors[admit.Agent.Name].Admit(Addressed(admit)), (drive, answer) => drive.Admitted(admit, answer, _now));
                break;
            case DriveAction.Ask ask when _mutant != Mutant.NoAsk:
                Call(() => (AskAnswer?)_supervisors[ask.Agent.Name].Ask(epoch, ask.Step, ask.Attempt, _mutant == Mutant.NewestIncarnation ? _supervisors[ask.Agent.Name].Incarnation : ask.Incarnation), (drive, answer) => drive.Asked(ask, answer, _now));
                break;
            case DriveAction.Query query:
                Call(() => _supervisors[query.Agent.Name].Query(epoch), (drive, answer) => drive.Queried(query, answer, _now));
                break;
            case DriveAction.Commit commit:
                Call(() => Log.CommitStep(Sent(commit.Body)), (drive, answer) => drive.Committed(commit.Body, answer, _now));
                break;
            case DriveAction.Publish publish:
                Call(() => Log.PublishStep(publish.Body), (drive, answer) => drive.Published(publish, answer, _now));
                break;
            case DriveAction.Effect effect:
                Call(() => Log.Effect(effect.Body), (drive, answer) => drive.EffectKnown(effect, answer, _now));
                break;
            case DriveAction.Reply reply:
                Call(() => Log.Reply(reply.Body), (drive, answer) => drive.Replied(reply, answer, _now));
                break;
            case DriveAction.AnswerPublish answer:
                _network.Add((() => Heard(answer), null));
                break;
            case DriveAction.AnswerPerson answer:
                Heard(answer);
                break;
            case DriveAction.Begin begin:
                if (begin.Body is { Cause: RetryCause.Lost, Charged: false, Last.Outcome: AttemptOutcome.Lost } && _generation + _lostSupervisors == 0) throw new BrokenInvariantException("(b) an attempt is given up as lost, at no charge, and nobody was lost");
                Call(() => Log.Begin(begin.Body), (drive, answer) => drive.Begun(begin.Body, answer, _now));
                break;
            case DriveAction.End end:
                Call(() => Log.EndRun(end.Body), (drive, answer) => drive.EndAnswered(end.Body, answer, _now));
                break;
            case DriveAction.Refresh refresh:
                Call(() => Log.View(refresh.Keys), (drive, view) => drive.Refreshed(view, _now));
                break;
            case DriveAction.Intend intend:
                Call(() => Log.Intend(intend.Step, intend.Reads, intend.Interest), (drive, view) => drive.Intended(intend, view, _now));
                break;
            case DriveAction.ReadOutputs read:
                Call(() => Log.View(read.Keys), (drive, view) => drive.OutputsRead(read, view));
                break;
            case DriveAction.Supersede supersede:
                _network.Add((() => _supervisors[supersede.Assignment.Agent.Name].Supersede(supersede.Assignment), null));
                break;
            case DriveAction.Rebase rebase:
                _offered[(rebase.Assignment.Step, rebase.Assignment.Attempt)] = rebase.Changed.Context.Version;
                _network.Add((() => _supervisors[rebase.Assignment.Agent.Name].Rebase(rebase.Assignment, rebase.Changed), null));
                break;
            case DriveAction.Cancel cancel:
                foreach (var agent in cancel.Agents) _network.Add((() => _supervisors[agent.Name].Cancel(epoch), null));
                break;
            case DriveAction.AnswerSettle answer:
                _network.Add((() => { foreach (var supervisor in _supervisors.Values) supervisor.Answered(answer.Step, answer.Attempt); }, null));
                break;
            case DriveAction.Finish:
                Finish();
                break;
            case DriveAction.Stop:
                Drive = null;
                _generation++;
                break;
        }
    }

    private AdmitRequest Addressed(DriveAction.Admit admit) =>
        _mutant == Mutant.NewestIncarnation && admit.Request.Incarnation != 0 ? admit.Request with { Incarnation = _supervisors[admit.Agent.Name].Incarnation } : admit.Request;

    private void Settle(Settlement settlement) => OneWay(drive => drive.Settle(settlement, _now));

    // In the same turn as its permit. Apart from its supervisor, the agent would be told by a message that comes when it comes, once or twice.
    private void Start(AdmitRequest request)
    {
        if (_mutant == Mutant.AgentApart) _network.Add((() => Invoke(request), null));
        else Invoke(request);
    }

    private void Invoke(AdmitRequest request)
    {
        if (Log.IsDone(JudgedBy(request.Assignment.Step)?.Id ?? request.Assignment.Step)) throw new BrokenInvariantException("(c) an agent was called for a finished step");
        Calls.Add((request.Assignment.Step, request.Context));
        _workers.Add(new(request));
    }

    private void Work(ModelWorker worker)
    {
        if (_beats?.Next(4) == 0) _supervisors[worker.Request.Assignment.Agent.Name].Beat(worker);
        if (JudgedBy(worker.Step) is { } judged)
        {
            Judge(worker, judged);
            return;
        }

        var plan = _accepted.Steps.Single(step => step.Id == worker.Step);
        TakeIn(worker);
        if (Outside(worker, plan) || Asks(worker, plan) || Spawns(worker, plan)) return;
        var writes = plan.Writes.Select(write => new ContextWrite(new(write.Value), Value(worker, write))).ToImmutableArray();
        if (!worker.HasPublished && plan.Verifiers.IsEmpty && _random.Next(3) == 0)
        {
            worker.HasPublished = true;
            var early = _random.Next(3) == 0 ? writes[0] with { Value = JsonValue.Parse("\"draft\"") } : writes[0];
            var ticket = ++_tickets;
            OneWay(drive => drive.Publish(ticket, worker.Request.Assignment, [early], _now));
            return;
        }

        _workers.Remove(worker);
        Log.Saw(worker);
        var fails = _faults > 0 && _random.Next(6) == 0;
        if (fails) _faults--;
        _supervisors[worker.Request.Assignment.Agent.Name].End(worker, new()
        {
            Assignment = worker.Request.Assignment,
            Kind = !fails ? SettlementKind.Completed : _random.Next(4) == 0 ? SettlementKind.Deferred : SettlementKind.Failed,
            Completion = fails ? null : new() { Writes = writes, Usage = new(10, 5), BasedOn = worker.TookIn },
            StartedAt = _now - TimeSpan.FromMilliseconds(3),
            EndedAt = _now,
            ReadVersion = _mutant == Mutant.HandedForgotten && _lostSupervisors > 0 ? default : worker.Request.Context.Version,
        });
    }

    // The worker falls silent; its lease ends.
    private void Die(ModelWorker worker)
    {
        _workers.Remove(worker);
        _supervisors[worker.Request.Assignment.Agent.Name].End(worker, new() { Assignment = worker.Request.Assignment, Kind = SettlementKind.LeaseLost, EndedAt = _now, ReadVersion = worker.Request.Context.Version });
    }

    // Depends on all that the worker was handed, so that another view makes another value.
    private static JsonValue Value(ModelWorker worker, KeyPattern key) =>
        JsonValue.From($"{key.Value}<{string.Join(',', worker.View.Entries.Select(entry => $"{entry.Key}={entry.Value.Hash.ToString()[..6]}"))}>");
}
