using System.Collections.Concurrent;
using System.Diagnostics;
using Rosud.Workloads;

namespace Rosud.W1;

/// <summary>The arms without a coordinator: agents are services, an orchestrator calls them over HTTP and copies the context from one to the next.</summary>
internal sealed class UncoordinatedArms : IAsyncDisposable
{
    private static readonly Dictionary<string, AgentScript> Scripts = Pipeline.Agents.Append(Pipeline.Alone).ToDictionary(agent => agent.Name);

    private readonly SimulatedAgents _agents;
    private readonly ConcurrentDictionary<(string Arm, int Task), TaskLedger> _ledgers = new();
    private HttpAgents _services = null!;

    private UncoordinatedArms(SimulatedAgents agents) => _agents = agents;

    public static async Task<UncoordinatedArms> Start(SimulatedAgents agents)
    {
        var arms = new UncoordinatedArms(agents);
        arms._services = await HttpAgents.Start(arms.Serve);
        return arms;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>One agent, one call.</summary>
    public async Task<Outcome> Single(int task, CancellationToken stopped)
    {
        var ledger = Open("single", task);
        var began = Stopwatch.GetTimestamp();
        await _services.Call(Pipeline.Alone.Name, new(task, 1, new() { ["arm"] = "single" }), stopped);
        return new(!ledger.Done[(Pipeline.Alone.Name, 1)].Erred, Ms(began), ledger.Tokens) { OverheadMs = Ms(began) - (ledger.Done[(Pipeline.Alone.Name, 1)].Ms * _agents.Scale) };
    }

    /// <summary>All five: the planner, the researcher and the executor one after another on whole outputs, the others beside them, then a merge of everything.</summary>
    public async Task<Outcome> Naive(int task, CancellationToken stopped)
    {
        var ledger = Open("naive", task);
        var began = Stopwatch.GetTimestamp();
        var committed = new ConcurrentDictionary<string, double>();
        var context = World();   // What the world was at the start: nobody tells anybody that it changed.
        var beside = new[] { Pipeline.Critic, Pipeline.Historian }.Select(agent => Call(agent, 1, new(context))).ToArray();
        foreach (var agent in new[] { Pipeline.Planner, Pipeline.Researcher, Pipeline.Executor })
        {
            var attempt = 1;
            while (!await Call(agent, attempt, context)) attempt++;
        }

        await Task.WhenAll(beside);
        await _agents.Wait(Pipeline.MergeSeconds, stopped);
        ledger.Spend(Pipeline.MergeTokens);
        var work = ledger.Done.Where(done => done.Key.Agent is "planner" or "researcher" or "executor").Sum(done => done.Value.Ms) * _agents.Scale;
        var right = Pipeline.Agents.All(agent => !ledger.Done[(agent.Name, agent == Pipeline.Executor ? 2 : 1)].Erred && !WasStale(agent.Name, committed[agent.Name]));
        return new(right, Ms(began), ledger.Tokens) { Fired = Pipeline.Agents.Length, Needed = Pipeline.Agents.Length, OverheadMs = Ms(began) - work };

        async Task<bool> Call(AgentScript agent, int attempt, Dictionary<string, string> known)
        {
            var (good, answer) = await _services.Call(agent.Name, new(task, attempt, known), stopped);
            if (!good) return false;
            committed[agent.Name] = Ms(began) / 1_000;
            foreach (var (key, value) in answer.Writes) known[key] = value;
            return true;
        }

        bool WasStale(string agent, double at) => _agents.Rewrites(task, agent, Pipeline.RewritesPerSecond, Pipeline.LongestSeconds).Any(rewrite => rewrite < at);
    }

    private async Task<HandBack> Serve(string name, HandOver given, CancellationToken stopped)
    {
        var script = Scripts[name];
        var ledger = _ledgers[(given.Context["arm"], given.Task)];
        // The executor's first attempt fails at its end; what it used is less because it wrote nothing.
        var breaks = script == Pipeline.Executor && given.Attempt == 1;
        await _agents.Work(breaks ? script with { Tokens = Pipeline.FailedTokens } : script, given.Task, given.Attempt, ledger, publish: null, stopped);
        var ms = ledger.Done[(name, given.Attempt)].Ms;
        if (breaks) throw new AgentBrokeException(ms);
        return new(script.Writes.ToDictionary(key => key, key => Pipeline.Text(key, given.Task)), ms);
    }

    private TaskLedger Open(string arm, int task) => _ledgers[(arm, task)] = new();

    private static Dictionary<string, string> World() => Pipeline.Agents.ToDictionary(agent => Pipeline.World(agent.Name), _ => "as it was").Append(new("arm", "naive")).ToDictionary();

    private double Ms(long began) => Stopwatch.GetElapsedTime(began).TotalMilliseconds * _agents.Scale;
}
