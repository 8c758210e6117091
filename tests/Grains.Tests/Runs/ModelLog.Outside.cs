using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Context;

namespace Rosud.Runs;

// What attempts have really seen, who waits for a last try, and the runs that steps have started.
internal sealed partial class ModelLog
{
    private readonly Dictionary<(string Step, int Attempt), ContextView> _seen = [];
    private readonly Dictionary<string, (ImmutableArray<KeyPattern> Reads, DateTimeOffset Until)> _intents = [];
    private readonly List<(ContextKey Key, JsonValue Value)> _waiting = [];
    private ImmutableSortedDictionary<string, ChildRun> _children = RunRecord.NoChildren;

    /// <summary>The runs that this one has started, as the log knows them.</summary>
    public IReadOnlyDictionary<string, ChildRun> Children => _children;

    /// <summary>Whether the ledger knows of an effect at all.</summary>
    public bool HasClaim(string step, string name) => _steps[step].Effects.Any(effect => effect.Name == name);

    /// <summary>What a worker really worked with when it answered.</summary>
    public void Saw(ModelWorker worker) => _seen[(worker.Step, worker.Attempt)] = worker.View;

    public ContextView Intend(string step, ImmutableArray<KeyPattern> reads, ImmutableArray<KeyPattern> interest)
    {
        if (End is null) _intents[step] = (reads, Now() + WriteIntents.Longest);
        return View(interest);
    }

    /// <summary>Somebody outside writes; with what a last try reads he waits.</summary>
    public void WriteFromOutside(ContextKey key, JsonValue value)
    {
        if (mutant != Mutant.NoWriteIntents && _intents.Values.Any(intent => intent.Until > Now() && intent.Reads.Any(read => read.Matches(key)))) _waiting.Add((key, value));
        else Write(key.Value, value);
    }

    /// <summary>Those who wait go on when nobody is left that they wait for.</summary>
    public void LetWritersGo()
    {
        var (waiting, again) = (_waiting.ToArray(), End is null);
        _waiting.Clear();
        foreach (var (key, value) in waiting.Where(_ => again)) WriteFromOutside(key, value);
    }

    /// <summary>The channel's memory is lost: nobody waits any more.</summary>
    public void ForgetIntents() => _intents.Clear();

    // As ChildRules has it.
    public StepAnswer PutChild(ChildRun child)
    {
        var known = _children.Values.FirstOrDefault(other => other.Key == child.Key && other.Used is null);
        if (child.Used is null)
        {
            if (End is not null) return new StepAnswer.Ended(End);
            if (known is not null && mutant != Mutant.LaterChildReplaces) return new StepAnswer.Done(new(Version), []) { Child = known };
            if (known is not null && known.Run != child.Run) _children = _children.Remove(known.Run.Name);
        }

        if (mutant != Mutant.ForgetChildren) _children = _children.SetItem(child.Run.Name, child);
        return new StepAnswer.Done(new(Version), []) { Child = child };
    }

    private void EndIntent(string step) => _intents.Remove(step);

    // Of the keys that it reads an attempt has seen what is there when it is accepted.
    private void CheckSeen(StepCommit commit)
    {
        if (commit.Writer is not null || commit.FlagStale || !_seen.TryGetValue((commit.Step, commit.Attempt.Attempt), out var view)) return;
        foreach (var read in commit.Reads.Where(read => read.IsExact))
        {
            var key = new ContextKey(read.Value);
            var seen = view.Entries.FirstOrDefault(entry => entry.Key == key)?.Value;
            Check(Current(key) is not { } current || current.Origin.Step == commit.Step || Equals(seen, current.Value), $"(k) {commit.Step} was accepted on another {read} than its worker had seen");
        }
    }
}
