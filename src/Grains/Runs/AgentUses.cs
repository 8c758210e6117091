using System.Collections.Concurrent;
using Rosud.Agents;

namespace Rosud.Runs;

/// <summary>What the last answers of each agent have used, as the runs of this silo have seen it; shared by them and gone with the silo. Grows with the number of agents.</summary>
internal sealed class AgentUses
{
    /// <summary>Answers of one agent that are remembered.</summary>
    public const int Kept = 100;

    private readonly ConcurrentDictionary<AgentId, Window> _windows = new();

    /// <summary>An answer has used this.</summary>
    public void Note(AgentId agent, long tokens, decimal costUsd) => _windows.GetOrAdd(agent, _ => new()).Note(tokens, costUsd);

    /// <summary>What 95 of 100 answers stay within, tokens and cost each for itself; null when none was seen.</summary>
    public (long Tokens, decimal CostUsd)? P95(AgentId agent) => _windows.TryGetValue(agent, out var window) ? window.P95() : null;

    private sealed class Window
    {
        private readonly Lock _gate = new();
        private readonly Queue<(long Tokens, decimal CostUsd)> _last = [];

        public void Note(long tokens, decimal costUsd)
        {
            lock (_gate)
            {
                if (_last.Count == Kept) _last.Dequeue();
                _last.Enqueue((tokens, costUsd));
            }
        }

        public (long Tokens, decimal CostUsd)? P95()
        {
            (long Tokens, decimal CostUsd)[] last;
            lock (_gate) last = [.. _last];
            if (last.Length == 0) return null;
            var rank = ((95 * last.Length) + 99) / 100;   // The smallest that so many are within.
            return (last.Select(use => use.Tokens).Order().ElementAt(rank - 1), last.Select(use => use.CostUsd).Order().ElementAt(rank - 1));
        }
    }
}
