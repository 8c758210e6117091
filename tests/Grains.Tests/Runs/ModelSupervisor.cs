using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>One attempt at work, wherever its supervisor is.</summary>
internal sealed record ModelWorker(AdmitRequest Request)
{
    public string Step => Request.Assignment.Step;

    public int Attempt => Request.Assignment.Attempt;

    public bool HasPublished { get; set; }

    /// <summary>The ticket of an effect that it waits to hear of; 0 for none.</summary>
    public long Waits { get; set; }

    /// <summary>What it has heard of its effect.</summary>
    public Effect? Effect { get; set; }

    public bool IsDone { get; set; }

    /// <summary>What it works with: what it was handed, and what it has taken in since.</summary>
    public ContextView View { get; set; } = Request.Context;

    /// <summary>The version that it has taken in last; null when it has taken in nothing.</summary>
    public ContextVersion? TookIn { get; set; }

    /// <summary>The run that it has started; null while there is none.</summary>
    public ModelChild? Child { get; set; }
}

/// <summary>The supervisor of one agent as PROTOCOL-runs §3 has it, without queue and breaker.</summary>
internal sealed class ModelSupervisor(AgentId agent, Mutant mutant)
{
    private readonly Dictionary<string, int> _seen = [];
    private readonly Dictionary<string, int> _tombs = [];
    private readonly Dictionary<(string Step, int Attempt), AdmitRequest> _running = [];
    private readonly Dictionary<(string Step, int Attempt), Settlement> _results = [];
    private readonly Dictionary<(string Step, int Attempt), ChangedContext> _changed = [];
    private int _epochMin;
    private int _permits;

    public AgentId Agent => agent;

    public long Incarnation { get; private set; } = 1;

    public IReadOnlyCollection<Settlement> Results => _results.Values;

    public Action<AdmitRequest> Invoke { get; set; } = _ => { };

    public Action<Settlement> Settle { get; set; } = _ => { };

    public Func<bool> Refuses { get; set; } = () => false;

    public void Crash()
    {
        Incarnation++;
        _epochMin = 0;
        _seen.Clear();
        _tombs.Clear();
        _running.Clear();
        _permits = 0;
        _results.Clear();
        _changed.Clear();
    }

    public AdmitAnswer Admit(AdmitRequest request)
    {
        var (step, attempt) = (request.Assignment.Step, request.Assignment.Attempt);
        if (request.Incarnation != Incarnation && mutant != Mutant.NoIncarnation) return new AdmitAnswer.Bounced(Incarnation);
        if (request.Epoch < _epochMin) return new AdmitAnswer.Ignored();
        Hear(request.Epoch);
        if (attempt <= Tomb(step) || attempt <= _seen.GetValueOrDefault(step)) return new AdmitAnswer.Ignored();
        if (Refuses()) return new AdmitAnswer.Refused(new(ProblemKind.Overloaded, "Full.") { RetryAfter = TimeSpan.FromMilliseconds(20) });
        _seen[step] = attempt;
        Bury(step, attempt - 1);
        Hold(step, attempt, request);
        Invoke(request);
        return new AdmitAnswer.Started(request.AcceptedAt);
    }

    public AskAnswer Ask(int epoch, string step, int attempt, long incarnation)
    {
        if (epoch < _epochMin) return AskAnswer.Known;
        Hear(epoch);
        if (_results.TryGetValue((step, attempt), out var result))
        {
            Settle(result);
            return AskAnswer.Known;
        }

        if (_running.ContainsKey((step, attempt))) return AskAnswer.Known;
        if (incarnation == 0 && mutant == Mutant.AskBeforeContactIsLost) return AskAnswer.Lost;
        var isHere = incarnation == Incarnation || incarnation == 0;
        if (isHere && attempt > Tomb(step) && (incarnation == 0 || attempt > _seen.GetValueOrDefault(step))) return AskAnswer.NeverSeen;
        Bury(step, attempt);
        return incarnation == Incarnation ? AskAnswer.LostHere : AskAnswer.Lost;
    }

    public QueryAnswer Query(int epoch)
    {
        Hear(epoch);
        foreach (var result in _results.Values) Settle(result);
        var live = _running.Select(running => new LiveAttempt(running.Key.Step, running.Key.Attempt, running.Value.Context.Version, running.Value.AcceptedAt))
            .Concat(_results.Values.Select(result => new LiveAttempt(result.Assignment.Step, result.Assignment.Attempt, result.ReadVersion, result.StartedAt)))
            .Where(attempt => attempt.Attempt > Tomb(attempt.Step));
        return new(Incarnation, [.. live]);
    }

    public void Cancel(int epoch)
    {
        if (epoch < _epochMin) return;
        Hear(epoch);
        foreach (var (step, attempt) in _running.Keys.Concat(_results.Keys).ToArray()) Bury(step, attempt);
        _results.Clear();
        FreeAll();
    }

    public void Supersede(AssignmentId assignment)
    {
        Bury(assignment.Step, assignment.Attempt);
        Free(assignment.Step, assignment.Attempt);
    }

    public void Rebase(AssignmentId assignment, ChangedContext changed)
    {
        if (_running.ContainsKey((assignment.Step, assignment.Attempt))) _changed[(assignment.Step, assignment.Attempt)] = changed;
    }

    /// <summary>What the last heartbeat of an attempt has said.</summary>
    public ChangedContext? ChangedFor(ModelWorker worker) => _changed.GetValueOrDefault((worker.Step, worker.Attempt));

    public void Answered(string step, int attempt)
    {
        _results.Remove((step, attempt));
        Bury(step, attempt);
    }

    /// <summary>A worker says that it is at work: an attempt that only a lost supervisor knew gets its permit back.</summary>
    public void Beat(ModelWorker worker)
    {
        var isKnown = _running.ContainsKey((worker.Step, worker.Attempt));
        if (isKnown && mutant == Mutant.PermitsCountedTwice) _permits++;
        if (isKnown || worker.Attempt <= Tomb(worker.Step) || worker.Attempt <= _seen.GetValueOrDefault(worker.Step)) return;
        _seen[worker.Step] = worker.Attempt;
        Bury(worker.Step, worker.Attempt - 1);
        Hold(worker.Step, worker.Attempt, worker.Request);
    }

    /// <summary>The run is over and every lease has ended.</summary>
    public void CheckPermits()
    {
        FreeAll();
        if (_permits != 0) throw new BrokenInvariantException($"(d) {_permits} permits outlive their run");
    }

    /// <summary>A worker ends its attempt; false when it was fenced.</summary>
    public bool End(ModelWorker worker, Settlement settlement)
    {
        Free(worker.Step, worker.Attempt);
        if (worker.Attempt <= Tomb(worker.Step)) return false;
        _seen[worker.Step] = Math.Max(worker.Attempt, _seen.GetValueOrDefault(worker.Step));
        _results[(worker.Step, worker.Attempt)] = settlement;
        Settle(settlement);
        return true;
    }

    private void Hold(string step, int attempt, AdmitRequest request)
    {
        _running[(step, attempt)] = request;
        _permits++;
    }

    private void Free(string step, int attempt)
    {
        if (_running.Remove((step, attempt))) _permits--;
    }

    private void FreeAll()
    {
        foreach (var (step, attempt) in _running.Keys.ToArray()) Free(step, attempt);
    }

    private void Hear(int epoch)
    {
        if (mutant != Mutant.NoSupervisorEpoch) _epochMin = Math.Max(_epochMin, epoch);
    }

    private int Tomb(string step) => _tombs.GetValueOrDefault(step);

    private void Bury(string step, int attempt) => _tombs[step] = Math.Max(attempt, Tomb(step));
}
