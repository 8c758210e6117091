using System.Collections.Immutable;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>The contract of each step by itself: its agent, keys, guard, limits and what happens when it fails.</summary>
internal sealed class StepContract(CoordinationTask task, ChannelSpec spec, IReadOnlyDictionary<string, AgentView> agents, List<ProblemError> errors)
{
    private readonly HashSet<string> _channel = new(spec.Agents, StringComparer.Ordinal);
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>Resolves the task's steps, or derives them from the channel's agents. A step with problems is there too, so that later checks see it.</summary>
    public static IReadOnlyList<PlannedStep> Resolve(
        CoordinationTask task, ChannelSpec spec, IReadOnlyDictionary<string, AgentView> agents, Func<KeyPattern, bool> hasValue, List<ProblemError> errors)
    {
        if (task.Steps is not { } steps) return Derive(task, spec, agents, hasValue, errors);
        if (steps.Length > TaskContract.StepsMax)
        {
            errors.Add(new("/task/steps", $"A task has at most {TaskContract.StepsMax} steps.", "too_many_steps"));
            return [];
        }

        var contract = new StepContract(task, spec, agents, errors);
        foreach (var step in steps) contract._ids.Add(step.Id);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. steps.Select((step, i) => contract.Check(step, $"/task/steps/{i}", seen.Add(step.Id)))];
    }

    private static List<PlannedStep> Derive(
        CoordinationTask task, ChannelSpec spec, IReadOnlyDictionary<string, AgentView> agents, Func<KeyPattern, bool> hasValue, List<ProblemError> errors)
    {
        var steps = new List<PlannedStep>();
        foreach (var name in spec.Agents)
        {
            if (!agents.TryGetValue(name, out var agent))
            {
                errors.Add(new("/task/steps", "Without steps each agent of the channel is one, and one of them is not registered.", "unknown_agent"));
                continue;
            }

            if (agent.Spec.Writes.Any(write => write.IsAll))
            {
                errors.Add(new("/task/steps", "An agent that may write every key cannot be a step by its registration: name steps and what they write.", "star_write"));
            }

            steps.Add(new()
            {
                Id = name,
                Agent = name,
                Goal = task.Goal,
                Reads = [.. agent.Spec.Reads.Select(read => new StepRead(read, !read.IsExact && !hasValue(read)))],
                Writes = agent.Spec.Writes,
                Timeout = agent.Spec.Timeout,
                AgentRevision = agent.Revision,
                Memo = agent.Spec.Memo,
                Rebase = agent.Spec.Rebase,
            });
        }

        return steps;
    }

    private PlannedStep Check(TaskStep step, string at, bool isFirst)
    {
        if (!Names.IsValid(step.Id)) errors.Add(new($"{at}/id", "A step's id has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.", "bad_id"));
        else if (!isFirst) errors.Add(new($"{at}/id", "Another step has this id.", "duplicate_step"));
        var agent = Agent(step, at);
        CheckKeys(step, agent, at);
        CheckAfter(step, at);
        if (step.When is { } when) CheckGuard(when, $"{at}/when");
        CheckFailure(step, agent, $"{at}/on_failure");
        for (var i = 0; i < step.Acceptance.Length; i++) CheckAcceptance(step, step.Acceptance[i], agent, $"{at}/acceptance/{i}");
        if (step.Timeout is { } timeout && !TaskContract.IsLimit(timeout)) errors.Add(new($"{at}/timeout_ms", "A step's limit is 1 ms to 7 days.", "bad_timeout"));
        return new()
        {
            Id = step.Id,
            Agent = agent?.Id.Name ?? step.Agent ?? "",
            Goal = step.Goal ?? task.Goal,
            Reads = [.. step.Reads.DistinctBy(read => read.Key)],
            Writes = [.. step.Writes.Distinct()],
            After = step.After,
            When = step.When,
            Optional = step.Optional,
            OnFailure = step.OnFailure,
            Acceptance = step.Acceptance,
            Timeout = step.Timeout ?? agent?.Spec.Timeout ?? TimeSpan.Zero,
            AgentRevision = agent?.Revision ?? 0,
            Verifiers = VerifiersOf(step, at),
            Effects = EffectsOf(step, $"{at}/effects"),
            Memo = step.Capability is null && (agent?.Spec.Memo ?? false),
            Rebase = agent?.Spec.Rebase ?? false,
            Group = step.Capability is { } capability ? [.. Able(capability, step).Select(able => new GroupMember(able.Id.Name, able.Spec.MaxConcurrency) { Timeout = step.Timeout ?? able.Spec.Timeout })] : [],
            FallbackTimeout = step.OnFailure is { Kind: OnFailureKind.Fallback, Agent: { } other } ? step.Timeout ?? Registered(other)?.Spec.Timeout : null,
        };
    }

    private ImmutableArray<PlannedVerifier> VerifiersOf(TaskStep step, string at)
    {
        var planned = ImmutableArray.CreateBuilder<PlannedVerifier>();
        foreach (var name in step.Acceptance.Select(test => test.Verifier).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (Registered(name) is not { } verifier) continue;
            var id = planned.Count == 0 ? $"{step.Id}.verify" : $"{step.Id}.verify{planned.Count + 1}";
            if (_ids.Contains(id) || !Names.IsValid(id)) errors.Add(new($"{at}/id", $"The step's verifier is listed as {id}: that must be a name that no step has.", "duplicate_step"));
            planned.Add(new(id, name, [.. step.Reads.Where(read => verifier.Spec.Reads.Any(may => may.Covers(read.Key))).DistinctBy(read => read.Key)], verifier.Spec.Timeout, verifier.Revision));
        }

        return planned.ToImmutable();
    }

    private ImmutableArray<string>? EffectsOf(TaskStep step, string at)
    {
        if (step.Effects is not { } effects) return null;
        if (effects.Length > EffectRules.EffectsMax) errors.Add(new(at, $"A step declares at most {EffectRules.EffectsMax} effects.", "bad_effect"));
        for (var i = 0; i < effects.Length; i++)
        {
            if (!Names.IsValid(effects[i])) errors.Add(new($"{at}/{i}", "An effect's name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.", "bad_effect"));
        }

        return [.. effects.Distinct(StringComparer.Ordinal)];
    }

    // Who may read and write all of it; when nobody may, the first is checked in their place, so that the problem says what is missing.
    private IEnumerable<AgentView> Able(string capability, TaskStep step) =>
        spec.Agents.Select(name => agents.GetValueOrDefault(name)).OfType<AgentView>().Where(agent => agent.Spec.Capability == capability && MayDo(agent, step));

    private AgentView? Agent(TaskStep step, string at)
    {
        if (step.Agent is null == step.Capability is null)
        {
            errors.Add(new(at, "A step names either its agent or a capability.", "bad_agent"));
            return null;
        }

        if (step.Capability is { } capability)
        {
            var able = Able(capability, step).FirstOrDefault()
                ?? spec.Agents.Select(name => agents.GetValueOrDefault(name)).FirstOrDefault(agent => agent?.Spec.Capability == capability);
            if (able is null) errors.Add(new($"{at}/capability", "No registered agent of the channel has this capability.", "unknown_agent"));
            return able;
        }

        if (Registered(step.Agent!) is { } agent) return agent;
        errors.Add(new($"{at}/agent", "The channel has no registered agent of this name.", "unknown_agent"));
        return null;
    }

    private AgentView? Registered(string name) => _channel.Contains(name) ? agents.GetValueOrDefault(name) : null;

    private void CheckKeys(TaskStep step, AgentView? agent, string at)
    {
        for (var i = 0; i < step.Reads.Length; i++)
        {
            var read = step.Reads[i].Key;
            if (!KeyPattern.IsValid(read.Value)) errors.Add(BadPattern($"{at}/reads/{i}"));
            else if (agent is not null && !agent.Spec.Reads.Any(may => may.Covers(read))) errors.Add(new($"{at}/reads/{i}", "The agent is not registered to read this.", "outside_contract"));
        }

        for (var i = 0; i < step.Writes.Length; i++)
        {
            var write = step.Writes[i];
            if (!KeyPattern.IsValid(write.Value)) errors.Add(BadPattern($"{at}/writes/{i}"));
            else if (write.IsAll) errors.Add(new($"{at}/writes/{i}", "A step cannot write every key: name a key or a prefix.", "star_write"));
            else if (agent is not null && !agent.Spec.Writes.Any(may => may.Covers(write))) errors.Add(new($"{at}/writes/{i}", "The agent is not registered to write this.", "outside_contract"));
        }
    }

    private void CheckAfter(TaskStep step, string at)
    {
        for (var i = 0; i < step.After.Length; i++)
        {
            if (step.After[i] == step.Id) errors.Add(new($"{at}/after/{i}", "A step cannot come after itself.", "self_after"));
            else if (!_ids.Contains(step.After[i])) errors.Add(new($"{at}/after/{i}", "No step has this id.", "unknown_after"));
        }
    }

    private void CheckGuard(StepGuard when, string at)
    {
        if (!ContextKey.IsValid(when.Key.Value)) errors.Add(new($"{at}/key", "A guard is about one key.", "bad_guard"));
        var tests = (when.Equal is null ? 0 : 1) + (when.In is null ? 0 : 1) + (when.Exists is null ? 0 : 1);
        if (tests != 1) errors.Add(new(at, "A guard has exactly one of equals, in and exists.", "bad_guard"));
    }

    private void CheckFailure(TaskStep step, AgentView? agent, string at)
    {
        var failure = step.OnFailure;
        if (failure.Kind == OnFailureKind.Fallback)
        {
            var other = failure.Agent is { } name && name != agent?.Id.Name ? Registered(name) : null;
            if (other is null) errors.Add(new($"{at}/agent", "A fallback names another registered agent of the channel.", "bad_fallback"));
            else if (!MayDo(other, step)) errors.Add(new($"{at}/agent", "The fallback agent is not registered to read and write what the step does.", "bad_fallback"));
        }

        if (failure.Kind != OnFailureKind.Default) return;
        if (failure.Values is not { Length: > 0 } values || values.DistinctBy(value => value.Key).Count() != values.Length)
        {
            errors.Add(new($"{at}/value", "A default gives values to the step's keys, each once.", "bad_default"));
        }
        else if (values.Any(value => value.Value is null || !step.Writes.Any(write => write.Matches(value.Key))))
        {
            errors.Add(new($"{at}/value", "A default may only give values to keys that the step writes.", "bad_default"));
        }
    }

    private static bool MayDo(AgentView agent, TaskStep step) =>
        step.Reads.All(read => agent.Spec.Reads.Any(may => may.Covers(read.Key))) && step.Writes.All(write => agent.Spec.Writes.Any(may => may.Covers(write)));

    private void CheckAcceptance(TaskStep step, Acceptance acceptance, AgentView? agent, string at)
    {
        if (acceptance.Schema is null == acceptance.Verifier is null)
        {
            errors.Add(new(at, "An acceptance test has exactly one of schema and verifier.", "bad_acceptance"));
        }
        else if (acceptance.Verifier is { } verifier)
        {
            if (verifier == agent?.Id.Name || verifier == step.OnFailure.Agent) errors.Add(new($"{at}/verifier", "The producer of a value cannot judge it.", "verifier_is_producer"));
            else if (Registered(verifier) is null) errors.Add(new($"{at}/verifier", "The channel has no registered agent of this name.", "unknown_agent"));
        }
        else
        {
            errors.AddRange(KeySchema.Faults(acceptance.Schema!, $"{at}/schema").Select(fault => fault with { Code = "bad_schema" }));
        }

        if (acceptance.Key is { } key && !step.Writes.Any(write => write.Matches(key))) errors.Add(new($"{at}/key", "The step does not write this key.", "bad_acceptance"));
    }

    private static ProblemError BadPattern(string at) => new(at, "This is neither a key nor a prefix ending in *.", "bad_pattern");
}
