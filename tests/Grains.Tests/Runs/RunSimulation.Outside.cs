using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>A run that a step has started, as its own channel has it.</summary>
internal sealed record ModelChild(RunId Run, string Key)
{
    /// <summary>What it used; null while it is open.</summary>
    public ChildUsage? Used { get; set; }

    /// <summary>The parent has heard of its end.</summary>
    public bool IsTold { get; set; }
}

// Workers that take in what has changed, and runs that steps start. A step whose goal says "child" starts one, and goes on when it is there.
internal sealed partial class RunSimulation
{
    private readonly Dictionary<(string Step, int Attempt), ContextVersion> _offered = [];
    private readonly Dictionary<string, ModelChild> _tasks = [];   // What the channel of the children remembers.
    private readonly List<ModelChild> _started = [];
    private readonly List<ModelChild> _running = [];
    private int _names;

    /// <summary>Whether each write from outside is another value.</summary>
    public bool Changing { init => _changing = value; }

    private readonly bool _changing;

    /// <summary>Every run that a step has started.</summary>
    public IReadOnlyList<ModelChild> Children => _started;

    /// <summary>How often a worker has taken in something new.</summary>
    public int TakenIn { get; private set; }

    // A worker looks when it beats; it may answer without ever looking.
    private void TakeIn(ModelWorker worker)
    {
        if (_supervisors[worker.Request.Assignment.Agent.Name].ChangedFor(worker) is not { } changed || changed.Context.Version <= (worker.TookIn ?? default) || _random.Next(2) == 0) return;
        worker.View = changed.Into(worker.Request.Context);
        worker.TookIn = changed.Context.Version;
        TakenIn++;
    }

    // True while the worker has asked for its child and has heard nothing. Asked for again it is the same child.
    private bool Spawns(ModelWorker worker, PlannedStep plan)
    {
        if (!plan.Goal.Contains("child", StringComparison.Ordinal) || worker.Child is not null) return false;
        if (worker.Waits != 0)
        {
            if (_random.Next(3) == 0) worker.Waits = 0;   // The answer was lost: say it again.
            return true;
        }

        var ticket = worker.Waits = ++_tickets;
        _network.Add((() => Coordinate($"below/{plan.Id}", child => Heard(worker, ticket, child)), null));
        return true;
    }

    private void Heard(ModelWorker worker, long ticket, ModelChild? child)
    {
        if (worker.Waits != ticket) return;
        worker.Waits = 0;
        worker.Child = child;
        if (child is null) _workers.Remove(worker);   // Its run has ended.
    }

    // As the channel's grain does it: known above before it is accepted here.
    private void Coordinate(string key, Action<ModelChild?> answered)
    {
        if (_mutant != Mutant.ChildTwice && _tasks.TryGetValue(key, out var known))
        {
            _network.Add((() => answered(known), null));
            return;
        }

        var asked = new ChildRun(RunId.Make(new(TenantId.Default, "below"), $"r{++_names}"), key, 1, IsDirect: true);
        _network.Add((() => Spawn(asked, stands => _network.Add((() => Accept(stands, answered), null))), null));
    }

    private void Spawn(ChildRun asked, Action<ChildRun?> answered)
    {
        if (Drive is null) TakeOver();   // Whoever calls an activation without a drive brings it back.
        if (Drive is not { } drive || drive.Standing(_now) is null || !drive.TryPromise(asked))
        {
            answered(null);
            return;
        }

        var generation = _generation;
        _network.Add((() =>
        {
            var answer = Log.PutChild(asked);
            _network.Add((() =>
            {
                if (generation != _generation) return;   // Who asked hears nothing of an activation that is gone.
                var stands = (answer as StepAnswer.Done)?.Child;
                Happens(now => now.Spawned(stands ?? asked, stands is not null, _now));
                if (answer is StepAnswer.Ended over) Happens(now => now.ChannelEnded(over.End, _now));
                answered(stands);
            }, null));
        }, null));
    }

    private void Accept(ChildRun? stands, Action<ModelChild?> answered)
    {
        if (stands is null)
        {
            answered(null);
            return;
        }

        if (_mutant == Mutant.ChildTwice || !_tasks.TryGetValue(stands.Key, out var child))
        {
            if (_started.Any(other => other.Key == stands.Key)) throw new BrokenInvariantException("(m) a child was started twice");
            _tasks[stands.Key] = child = new(stands.Run, stands.Key);
            _started.Add(child);
            if (Log.End is null) _running.Add(child);
            else child.Used = new(0, 0, 0);   // Its driver looks up to its parent, which has ended.
        }

        _network.Add((() => answered(child), null));
    }

    // A child ends, and says so until its parent has written it down.
    private void EndOne()
    {
        var child = _running[_random.Next(_running.Count)];
        child.Used ??= new(_random.Next(1, 50), 0.1m, 1);
        _network.Add((() => Ended(child), null));
    }

    private void Ended(ModelChild child)
    {
        if (Drive is null) TakeOver();
        if (Drive is not { } drive) return;
        if (drive.Children.FirstOrDefault(known => known.Run == child.Run) is not { } known)
        {
            _running.Remove(child);   // Nobody wants to hear it.
            return;
        }

        Happens(now => now.ChildEnded(child.Run.Name, child.Used!, _now));
        _network.Add((() => { Log.PutChild(known with { Used = child.Used }); _network.Add((() => _running.Remove(child), null)); }, null));
    }

    // Those below are ended, and what they have used is written down, before the run is forgotten: also by another driver.
    private void Finish()
    {
        foreach (var known in Drive!.Children.Where(child => child.Used is null).ToList())
        {
            if (_faults > 0 && _random.Next(3) == 0)
            {
                _faults--;
                LoseDriver();
                return;
            }

            var child = _started.FirstOrDefault(one => one.Run == known.Run);
            var used = child is null ? new(0, 0, 0) : child.Used ??= new(_random.Next(1, 50), 0.1m, 1);
            Drive.ChildEnded(known.Run.Name, used, _now);
            Log.PutChild(known with { Used = used });
        }

        IsFinished = true;
    }

    private void CheckOutside()
    {
        foreach (var child in _started)
        {
            if (child.Used is null) throw new BrokenInvariantException("(m) a run outlives the run that started it");
            if (!Log.Children.TryGetValue(child.Run.Name, out var known)) throw new BrokenInvariantException("(m) a run is not known to the run that started it");
            if (known.Used is not null && known.Used != child.Used) throw new BrokenInvariantException("(n) a child used something else than its parent has written down");
        }

        var (below, own) = (_started.Sum(child => child.Used!.Tokens), Drive!.Budget.ByAgent.Values.Sum(used => used.Tokens));
        if (Drive.Budget.Tokens != own + below) throw new BrokenInvariantException($"(n) the run has used {Drive.Budget.Tokens} tokens, its own steps {own} and the runs below it {below}");
    }

    private StepCommit Sent(StepCommit commit) => _mutant == Mutant.OfferedIsTakenIn && _offered.TryGetValue((commit.Step, commit.Attempt.Attempt), out var offered) && offered > commit.Attempt.ReadVersion
        ? commit with { Attempt = commit.Attempt with { ReadVersion = offered } }
        : commit;
}
