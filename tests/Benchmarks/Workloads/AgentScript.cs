using System.Collections.Concurrent;
using System.Diagnostics;
using Rosud.Verdicts;

namespace Rosud.Workloads;

/// <summary>What a simulated agent does: the same in every arm, which only coordinate it differently.</summary>
/// <param name="Name">The agent.</param>
/// <param name="Seconds">How long it works, at scale 1.</param>
/// <param name="Tokens">What it uses when it works to its end.</param>
/// <param name="Error">How often its answer is wrong although everything it read was right.</param>
internal sealed record AgentScript(string Name, double Seconds, int Tokens, double Error)
{
    /// <summary>Parts of its answer that it has before its end, and when.</summary>
    public IReadOnlyList<(string Key, double AtSeconds)> Early { get; init; } = [];

    /// <summary>The keys that it writes at its end.</summary>
    public IReadOnlyList<string> Writes { get; init; } = [];
}

/// <summary>What agents did for one task, whoever coordinated them. Safe to add to from several threads.</summary>
internal sealed class TaskLedger
{
    private long _tokens;

    public long Tokens => Interlocked.Read(ref _tokens);

    /// <summary>By agent and attempt: whether the answer was wrong by the agent's own fault, and how long it worked.</summary>
    public ConcurrentDictionary<(string Agent, int Attempt), (bool Erred, double Ms)> Done { get; } = new();

    public void Spend(long tokens) => Interlocked.Add(ref _tokens, tokens);
}

/// <summary>Simulated agents at work: they wait instead of thinking, and err by a chance that seed, task, agent and attempt decide.</summary>
/// <param name="seed">Decides every chance.</param>
/// <param name="scale">By how much all times are shorter.</param>
internal sealed class SimulatedAgents(int seed, double scale)
{
    public double Scale { get; } = scale;

    /// <summary>Works on a task to its end. Stopped early it has used the tokens of the time it worked.</summary>
    public async Task Work(AgentScript script, int task, int attempt, TaskLedger ledger, Func<string, Task>? publish, CancellationToken stopped)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            foreach (var (key, at) in script.Early)
            {
                await Until(began, at, stopped);
                if (publish is not null) await publish(key);
            }

            await Until(began, script.Seconds, stopped);
        }
        catch (OperationCanceledException)
        {
            ledger.Spend((long)(script.Tokens * Math.Min(1, Stopwatch.GetElapsedTime(began).TotalSeconds * Scale / script.Seconds)));
            throw;
        }

        ledger.Spend(script.Tokens);
        ledger.Done[(script.Name, attempt)] = (Chance(task, script.Name, attempt).Unit() < script.Error, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    /// <summary>When something outside is rewritten, from the task's start on and at scale 1: a Poisson process of its own for each task and name.</summary>
    public IReadOnlyList<double> Rewrites(int task, string name, double perSecond, double untilSeconds)
    {
        var random = Chance(task, name, attempt: 0);
        var times = new List<double>();
        for (var at = Gap(); at < untilSeconds; at += Gap()) times.Add(at);
        return times;

        double Gap() => -Math.Log(1 - random.Unit()) / perSecond;
    }

    public Task Wait(double seconds, CancellationToken stopped) => Until(Stopwatch.GetTimestamp(), seconds, stopped);

    // By the stopwatch: a timer that came late makes the next one shorter, not the whole longer.
    private async Task Until(long began, double seconds, CancellationToken stopped)
    {
        var left = TimeSpan.FromSeconds(seconds / Scale) - Stopwatch.GetElapsedTime(began);
        if (left > TimeSpan.Zero) await Task.Delay(left, TimeProvider.System, stopped);
    }

    private SplitMix Chance(int task, string name, int attempt) =>
        new(name.Aggregate(((ulong)seed * 1_000_003) + ((ulong)task * 64) + (ulong)attempt, (hash, c) => (hash ^ c) * 1099511628211UL));
}
