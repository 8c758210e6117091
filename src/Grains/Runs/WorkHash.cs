using System.Text;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>The hash of a piece of work (SEMANTICS R7): who is to do what, and what it is handed. Equal work may be answered once for all.</summary>
internal static class WorkHash
{
    /// <param name="run">The run; what it brings is its tenant, channel and input.</param>
    /// <param name="step">The step; what it brings is agent, revision, goal, acceptance, and what it may write.</param>
    /// <param name="view">What it is handed. A read that finds nothing counts too.</param>
    public static ContentHash Of(AcceptedRun run, PlannedStep step, ContextView view)
    {
        var text = new StringBuilder("work 1\n");
        Add(text, run.Run.Tenant.Value, run.Channel.Name, step.Agent, $"{step.AgentRevision}", step.Goal, run.Task.Input.Hash.ToString());
        foreach (var test in step.Acceptance) Add(text, "acceptance", test.Key?.Value ?? "", test.Schema?.Hash.ToString() ?? "", test.Verifier ?? "");
        foreach (var verifier in step.Verifiers) Add(text, "verifier", verifier.Agent, $"{verifier.AgentRevision}");
        foreach (var write in step.Writes.Select(write => write.Value).Order(StringComparer.Ordinal)) Add(text, "writes", write);
        foreach (var read in step.Reads.Select(read => read.Key).OrderBy(read => read.Value, StringComparer.Ordinal))
        {
            Add(text, "reads", read.Value);
            foreach (var entry in view.Entries.Where(entry => read.Matches(entry.Key)).OrderBy(entry => entry.Key)) Add(text, entry.Key.Value, entry.Value.Hash.ToString());
        }

        return ContentHash.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Which steps have another beside them whose work could be equal: the same agent, goal and keys.</summary>
    public static bool[] Alike(IReadOnlyList<PlannedStep> steps)
    {
        var alike = new bool[steps.Count];
        if (steps.Count < 2) return alike;
        var first = new Dictionary<(string Agent, string Goal, string Keys), int>(steps.Count);
        for (var i = 0; i < steps.Count; i++)
        {
            if (first.TryAdd((steps[i].Agent, steps[i].Goal, KeysOf(steps[i])), i)) continue;
            alike[i] = alike[first[(steps[i].Agent, steps[i].Goal, KeysOf(steps[i]))]] = true;
        }

        return alike;
    }

    private static string KeysOf(PlannedStep step) =>
        $"{string.Join(' ', step.Reads.Select(read => read.Key.Value).Order(StringComparer.Ordinal))}>{string.Join(' ', step.Writes.Select(write => write.Value).Order(StringComparer.Ordinal))}";

    // Lengths stand before the parts, so that no two lists of parts look alike.
    private static void Add(StringBuilder text, params ReadOnlySpan<string> parts)
    {
        foreach (var part in parts) text.Append(part.Length).Append(':').Append(part).Append('\n');
    }
}
