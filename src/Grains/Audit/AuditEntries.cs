using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Audit;

/// <summary>Writes the entries of an audit chain: one line of JSON each, members in the order of their names.</summary>
internal static class AuditEntries
{
    /// <summary>Characters of a goal or a reason; what is longer is cut.</summary>
    public const int TextMax = 1_000;

    private const int PenBytesMax = 64 * 1024;

    // One for each thread: a line is written for every commit.
    [ThreadStatic] private static (ArrayBufferWriter<byte> Output, Utf8JsonWriter Json)? _pen;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A version of the context.</summary>
    /// <param name="number">The entry's place in the chain.</param>
    /// <param name="made">The entries that the commit made; a key it wrote without one was deleted.</param>
    public static byte[] Commit(long number, Change change, Func<ContextKey, ContextEntry?> made, CommitBasis basis, AuditCause cause) => Line(json =>
    {
        var origin = change.Origin;
        At(json, change.CommittedAt);
        if (origin.Step is not null) json.WriteNumber("attempt", origin.Attempt);
        if (basis.BasedOn is { } version) json.WriteNumber("based_on", version.Number);
        Text(json, "caller", cause.Caller);
        json.WriteStartObject("keys");
        foreach (var write in change.Writes.OrderBy(write => write.Key))
        {
            json.WriteString(write.Key.Value, write.Value is null ? "deleted" : made(write.Key) is { } entry ? ValueSeal.Of(entry.Salt, entry.Value).ToString() : "unknown");
        }

        json.WriteEndObject();
        json.WriteString("kind", "commit");
        json.WriteNumber("n", number);
        Text(json, "operation", cause.Operation);
        if (change.Provisional) json.WriteBoolean("provisional", true);
        Patterns(json, "reads", basis.Reads);
        if (change.Resolves is { } parked) json.WriteString("resolves", ParkedWrite.IdOf(parked));
        Text(json, "run", origin.Run);
        if (basis.Stale) json.WriteBoolean("stale", true);
        Text(json, "step", origin.Step);
        Text(json, "trace", cause.TraceId);
        json.WriteNumber("version", change.Version.Number);
        Text(json, "why", cause.Why);
        json.WriteString("writer", origin.Writer);
    });

    /// <summary>What an attempt was handed, with how it ended.</summary>
    /// <param name="reliedOn">What it said it relied on, where it narrowed what it was handed; else empty.</param>
    public static byte[] Read(long number, RunId run, PlannedStep step, AttemptView attempt, ImmutableArray<KeyPattern> reliedOn, DateTimeOffset now, AuditCause cause) => Line(json =>
    {
        json.WriteString("agent", attempt.Agent);
        At(json, now);
        json.WriteNumber("attempt", attempt.Attempt);
        Text(json, "caller", cause.Caller);
        if (!attempt.Handed.IsEmpty)
        {
            json.WriteStartObject("keys");
            foreach (var (key, version) in attempt.Handed) json.WriteNumber(key.Value, version.Number);
            json.WriteEndObject();
        }

        json.WriteString("kind", "read");
        json.WriteNumber("n", number);
        json.WriteString("outcome", SnakeCase.Of(attempt.Outcome));
        Patterns(json, "reads", [.. step.Reads.Select(read => read.Key)]);
        Text(json, "reason", attempt.Reason);
        Patterns(json, "relied_on", reliedOn);
        json.WriteString("run", run.Name);
        json.WriteString("step", step.Id);
        Text(json, "trace", cause.TraceId);
        if (attempt.MayHaveStarted) json.WriteBoolean("unconfirmed", true);
        json.WriteNumber("version", attempt.ReadVersion!.Value.Number);
        Text(json, "why", step.Goal);
    });

    /// <summary>Something that happened to the channel itself: <c>made</c>, <c>switched_on</c>, <c>switched_off</c>, <c>deleted</c>.</summary>
    public static byte[] Event(long number, string kind, DateTimeOffset now) => Line(json =>
    {
        At(json, now);
        json.WriteString("kind", kind);
        json.WriteNumber("n", number);
    });

    private static (ArrayBufferWriter<byte>, Utf8JsonWriter) Pen()
    {
        var output = new ArrayBufferWriter<byte>(1024);
        return (output, new(output, Options));
    }

    private static byte[] Line(Action<Utf8JsonWriter> members)
    {
        var (output, json) = _pen ??= Pen();
        output.ResetWrittenCount();
        json.Reset(output);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
        json.Flush();
        var line = output.WrittenSpan.ToArray();
        if (output.Capacity > PenBytesMax) _pen = null;
        return line;
    }

    private static void At(Utf8JsonWriter json, DateTimeOffset at) =>
        json.WriteString("at", at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text)) json.WriteString(name, text.AsSpan(0, Math.Min(text.Length, TextMax)));
    }

    private static void Patterns(Utf8JsonWriter json, string name, ImmutableArray<KeyPattern> patterns)
    {
        if (patterns.IsDefaultOrEmpty) return;
        json.WriteStartArray(name);
        foreach (var pattern in patterns) json.WriteStringValue(pattern.Value);
        json.WriteEndArray();
    }
}

/// <summary>What a commit rests on.</summary>
/// <param name="Stale">Committed although what was read had changed.</param>
internal sealed record CommitBasis(ContextVersion? BasedOn, ImmutableArray<KeyPattern> Reads, bool Stale = false)
{
    public static CommitBasis None { get; } = new(null, []);
}
