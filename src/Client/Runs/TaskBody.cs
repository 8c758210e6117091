using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>Asks a channel to coordinate a task.</summary>
internal record CoordinateBody
{
    public required TaskBody Task { get; init; }

    /// <summary>How long the run may take. Left out, 30 s, or with parent what that has left.</summary>
    [DurationMs]
    public long? TimeoutMs { get; init; }

    /// <summary>What happens to an attempt whose reads have changed. Left out, retry_with_fresh.</summary>
    public OnStaleContext OnStaleContext { get; init; }

    /// <summary>Left out, the network's.</summary>
    public ExecutionKind? Execution { get; init; }

    /// <summary>Left out, interactive.</summary>
    public RunPriority Priority { get; init; }

    /// <summary>The run whose step starts this one: its budget, deadline and end bound this run's.</summary>
    public string? Parent { get; init; }
}

/// <summary>What a caller wants from a channel's agents.</summary>
internal sealed record TaskBody
{
    /// <summary>The same id with an equal task joins the run.</summary>
    [Name]
    public string? Id { get; init; }

    /// <summary>What is wanted, as every step's agent gets it.</summary>
    [Text(65_536, 1)]
    public required string Goal { get; init; }

    /// <summary>What every step gets beside the context.</summary>
    public JsonValue? Input { get; init; }

    /// <summary>Keys and patterns wanted. Left out, what steps write and no other step reads.</summary>
    [Keys, Count(1000)]
    public string[]? Outputs { get; init; }

    /// <summary>The class that verdicts are kept for.</summary>
    [Name]
    public string? Class { get; init; }

    /// <summary>Left out, each agent of the channel is one step.</summary>
    [Count(1000)]
    public StepBody[]? Steps { get; init; }

    public BudgetBody? Budget { get; init; }

    public CoordinationTask ToTask(string? idempotencyKey, RequestReader request) => new()
    {
        Id = Id ?? TaskName.Of(idempotencyKey),
        Goal = Goal,
        Input = Input ?? JsonValue.Null,
        Outputs = Outputs is null ? null : [.. Outputs.Select(pattern => new KeyPattern(pattern))],
        Class = Class,
        Steps = Steps is null ? null : [.. Steps.Select((step, i) => step.ToStep($"/task/steps/{i}", request))],
        Budget = Budget is null ? null : new(Budget.Tokens, Budget.CostUsd, Budget.Calls),
    };
}

/// <summary>What a run may use. What is left out is without limit.</summary>
internal sealed record BudgetBody
{
    [Range(0d, 1e15)]
    public long? Tokens { get; init; }

    [Range(0d, 1e9)]
    public decimal? CostUsd { get; init; }

    [Range(0, int.MaxValue)]
    public int? Calls { get; init; }
}

/// <summary>One agent's part of a task. It names an agent or a capability.</summary>
internal sealed record StepBody
{
    [Name]
    public required string Id { get; init; }

    [Name]
    public string? Agent { get; init; }

    [Name]
    public string? Capability { get; init; }

    /// <summary>Left out, the task's goal.</summary>
    [Text(65_536, 1)]
    public string? Goal { get; init; }

    /// <summary>Keys and patterns that it reads.</summary>
    [Count(256)]
    public ReadBody[] Reads { get; init; } = [];

    /// <summary>Keys and patterns that it may write.</summary>
    [Keys, Count(256)]
    public string[] Writes { get; init; } = [];

    /// <summary>Steps that must have ended first.</summary>
    [Name, Count(1000)]
    public string[] After { get; init; } = [];

    /// <summary>A condition on a key; false skips the step.</summary>
    public GuardBody? When { get; init; }

    /// <summary>Whether outputs may do without it.</summary>
    public bool Optional { get; init; }

    public OnFailureBody OnFailure { get; init; } = new();

    /// <summary>What its writes must satisfy.</summary>
    [Count(32)]
    public AcceptanceBody[] Acceptance { get; init; } = [];

    /// <summary>Left out, the agent's limit.</summary>
    [DurationMs]
    public long? TimeoutMs { get; init; }

    /// <summary>Names of what it may do outside: it may claim these effects and no others. Left out, any.</summary>
    [Name, Count(32)]
    public string[]? Effects { get; init; }

    public TaskStep ToStep(string pointer, RequestReader request)
    {
        request.Require((Agent is null) != (Capability is null), pointer, "A step names either an agent or a capability.");
        for (var i = 0; i < Writes.Length; i++) request.Require(Writes[i] != "*", $"{pointer}/writes/{i}", "* alone is only for reads.");
        return new()
        {
            Id = Id,
            Agent = Agent,
            Capability = Capability,
            Goal = Goal,
            Reads = [.. Reads.Select(read => new StepRead(new(read.Key), read.Optional))],
            Writes = [.. Writes.Select(pattern => new KeyPattern(pattern))],
            After = [.. After],
            When = When?.ToGuard($"{pointer}/when", request),
            Optional = Optional,
            OnFailure = OnFailure.ToOnFailure($"{pointer}/on_failure", request),
            Acceptance = [.. Acceptance.Select((test, i) => test.ToAcceptance($"{pointer}/acceptance/{i}", request))],
            Timeout = TimeoutMs is { } timeoutMs ? TimeSpan.FromMilliseconds(timeoutMs) : null,
            Effects = Effects is null ? null : [.. Effects],
        };
    }
}

/// <summary>A key or pattern that a step reads: the text alone, or with whether the step can start without it.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record ReadBody
{
    [Keys]
    public required string Key { get; init; }

    public bool Optional { get; init; }

    /// <summary>The longer of the two forms.</summary>
    internal sealed record Long
    {
        [Keys]
        public required string Key { get; init; }

        public bool Optional { get; init; }
    }

    private sealed class Converter : JsonConverter<ReadBody>
    {
        public override ReadBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String) return new() { Key = reader.GetString()! };
            var read = JsonSerializer.Deserialize<Long>(ref reader, options)!;
            return new() { Key = read.Key, Optional = read.Optional };
        }

        public override void Write(Utf8JsonWriter writer, ReadBody value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, new Long { Key = value.Key, Optional = value.Optional }, options);
    }
}

/// <summary>A condition on one key: exactly one of equals, in and exists.</summary>
internal sealed record GuardBody
{
    [KeyName]
    public required string Key { get; init; }

    /// <summary>It holds when the key has this value.</summary>
    [JsonPropertyName("equals")]
    public JsonValue? Equal { get; init; }

    /// <summary>It holds when the key has one of these values.</summary>
    [Count(1000)]
    public JsonValue[]? In { get; init; }

    /// <summary>It holds when the key is there, or with false when it is not.</summary>
    public bool? Exists { get; init; }

    public StepGuard ToGuard(string pointer, RequestReader request)
    {
        var given = (Equal is null ? 0 : 1) + (In is null ? 0 : 1) + (Exists is null ? 0 : 1);
        request.Require(given == 1, pointer, "A condition has exactly one of equals, in and exists.");
        return new(new ContextKey(Key)) { Equal = Equal, In = In is null ? null : [.. In], Exists = Exists };
    }
}

/// <summary>What happens when a step fails for good.</summary>
internal sealed record OnFailureBody
{
    public OnFailureKind Kind { get; init; }

    /// <summary>With default: the step's keys and their values.</summary>
    [KeyName, Count(256)]
    public Dictionary<string, JsonValue>? Value { get; init; }

    /// <summary>With fallback: who does the step instead.</summary>
    [Name]
    public string? Agent { get; init; }

    public OnFailure ToOnFailure(string pointer, RequestReader request)
    {
        request.Require((Kind == OnFailureKind.Default) == (Value is not null), $"{pointer}/value", "Default, and only default, has the values to commit.");
        request.Require((Kind == OnFailureKind.Fallback) == (Agent is not null), $"{pointer}/agent", "Fallback, and only fallback, names an agent.");
        return new(Kind, Value is null ? null : Context.Writes.Of(Value), Agent);
    }
}

/// <summary>One test of a step's writes: exactly one of schema and verifier.</summary>
internal sealed record AcceptanceBody
{
    /// <summary>JSON schema of each value the step writes, or of the key's.</summary>
    public JsonValue? Schema { get; init; }

    [KeyName]
    public string? Key { get; init; }

    /// <summary>An agent other than the producer that judges.</summary>
    [Name]
    public string? Verifier { get; init; }

    public Acceptance ToAcceptance(string pointer, RequestReader request)
    {
        request.Require((Schema is null) != (Verifier is null), pointer, "A test is either a schema or a verifier.");
        request.Require(Key is null || Schema is not null, $"{pointer}/key", "Only a schema is for a key.");
        return new() { Schema = Schema, Key = Key is null ? default(ContextKey?) : new ContextKey(Key), Verifier = Verifier };
    }
}
