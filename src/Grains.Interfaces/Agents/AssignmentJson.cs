using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Assignments and their answers as JSON: the same bytes on the long poll, on SSE and in webhooks.</summary>
public static class AssignmentJson
{
    /// <summary>The largest value that may be written, in canonical bytes.</summary>
    public const int ValueBytesMax = 256 * 1024;

    /// <summary>Writes an assignment as one JSON object, the <c>A</c> of the HTTP contract.</summary>
    public static void WriteAssignment(Utf8JsonWriter json, Assignment assignment)
    {
        var id = assignment.Id;
        json.WriteStartObject();
        json.WriteString("id"u8, id.ToString());
        json.WriteString("run"u8, id.Run.Name);
        json.WriteString("step"u8, id.Step);
        json.WriteString("agent"u8, id.Agent.Name);
        json.WriteNumber("attempt"u8, id.Attempt);
        json.WriteString("goal"u8, assignment.Goal);
        WriteValue(json, "input", assignment.Input);
        json.WriteString("deadline"u8, Instant(assignment.Deadline));
        json.WriteNumber("deadline_ms"u8, Math.Max(0, (long)assignment.TimeLeft.TotalMilliseconds));
        json.WriteString("lease_until"u8, Instant(assignment.LeaseUntil));
        json.WriteBoolean("shadow"u8, assignment.Shadow);
        WriteContext(json, assignment.Context);
        WriteChanged(json, assignment.Changed);
        json.WriteString("idempotency_key"u8, assignment.IdempotencyKey);
        WriteAnswers(json, assignment.Answers);
        WriteProposed(json, assignment.Proposed);
        json.WriteString("feedback"u8, assignment.Feedback);
        json.WriteString("traceparent"u8, assignment.TraceParent);
        json.WriteEndObject();
    }

    /// <summary>Reads the body of <c>complete</c>: <c>writes</c>, <c>delete</c>, <c>output</c>, <c>reads</c> and <c>usage</c>, all optional, nothing else.</summary>
    /// <param name="body">The body.</param>
    /// <param name="completion">What the agent wants committed, when the body is good.</param>
    /// <param name="errors">Every fault with the pointer of its member, when it is not.</param>
    public static bool TryReadCompletion(JsonValue body, [NotNullWhen(true)] out Completion? completion, out ImmutableArray<ProblemError> errors)
    {
        var reader = new CompletionReader();
        using var json = JsonDocument.Parse(body.Utf8);
        var read = reader.Read(json.RootElement);
        errors = reader.Errors;
        completion = errors.IsEmpty ? read : null;
        return completion is not null;
    }

    private static void WriteContext(Utf8JsonWriter json, ContextView context)
    {
        json.WriteStartObject("context"u8);
        json.WriteNumber("version"u8, context.Version.Number);
        json.WriteStartObject("entries"u8);
        foreach (var entry in context.Entries)
        {
            json.WriteStartObject(entry.Key.Value);
            WriteValue(json, "value", entry.Value);
            json.WriteNumber("version"u8, entry.Version.Number);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAnswers(Utf8JsonWriter json, ImmutableArray<Question> answers)
    {
        json.WriteStartArray("answers"u8);
        foreach (var answer in answers.IsDefault ? [] : answers)
        {
            json.WriteStartObject();
            json.WriteString("question_id"u8, answer.Id);
            json.WriteString("question"u8, answer.Text);
            WriteValue(json, "value", answer.Value ?? JsonValue.Null);
            json.WriteString("answered_at"u8, answer.AnsweredAt is { } at ? Instant(at) : null);
            json.WriteString("answered_by"u8, answer.AnsweredBy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteProposed(Utf8JsonWriter json, ProposedWork? proposed)
    {
        json.WritePropertyName("proposed"u8);
        if (proposed is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("step"u8, proposed.Step);
        json.WriteString("agent"u8, proposed.Agent);
        json.WriteNumber("attempt"u8, proposed.Attempt);
        json.WriteStartObject("writes"u8);
        foreach (var write in proposed.Writes.Where(write => write.Value is not null)) WriteValue(json, write.Key.Value, write.Value!);
        json.WriteEndObject();
        json.WriteStartArray("delete"u8);
        foreach (var write in proposed.Writes.Where(write => write.Value is null)) json.WriteStringValue(write.Key.Value);
        json.WriteEndArray();
        WriteValue(json, "output", proposed.Output ?? JsonValue.Null);
        json.WriteEndObject();
    }

    private static void WriteChanged(Utf8JsonWriter json, AssignmentChange? changed)
    {
        json.WritePropertyName("changed"u8);
        if (changed is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("since"u8, changed.Since.Number);
        json.WriteStartArray("keys"u8);
        foreach (var key in changed.Keys) json.WriteStringValue(key.Value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, string name, JsonValue value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value.Utf8.Span, skipInputValidation: true);   // Canonical bytes were validated when they were made.
    }

    private static string Instant(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
