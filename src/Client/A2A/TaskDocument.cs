using System.Text.Json;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>A run as a task. Its context is the channel.</summary>
internal sealed record TaskDocument(string Id, string ContextId, TaskStateDocument Status, IReadOnlyList<ArtifactDocument>? Artifacts, Dictionary<string, string>? Metadata)
{
    public static TaskDocument Of(RunResult run, bool withArtifacts = true) => new(
        run.Run.Name, run.Run.Channel.Name, TaskStateDocument.Of(run), withArtifacts ? ArtifactDocument.Of(run) : null, new() { ["status"] = Wire.NameOf(run.Status) });

    public static TaskDocument Of(RunSummaryBody run) => new(
        run.Run, run.Channel, new(TaskStateDocument.StateOf(run.Status), null, run.EndedAt ?? run.AcceptedAt), null, new() { ["status"] = Wire.NameOf(run.Status) });
}

/// <summary>How a task stands, with what is asked or what went wrong as a message.</summary>
internal sealed record TaskStateDocument(string State, MessageDocument? Message, DateTimeOffset Timestamp)
{
    public static IReadOnlyList<string> States { get; } = [.. Enum.GetValues<RunStatus>().Select(StateOf).Distinct(), "TASK_STATE_AUTH_REQUIRED"];

    public static TaskStateDocument Of(RunResult run) => new(StateOf(run.Status), MessageDocument.Of(run), run.EndedAt ?? run.AcceptedAt);

    public static string StateOf(RunStatus status) => status switch
    {
        RunStatus.Submitted => "TASK_STATE_SUBMITTED",
        RunStatus.Working => "TASK_STATE_WORKING",
        RunStatus.InputRequired => "TASK_STATE_INPUT_REQUIRED",
        RunStatus.Completed or RunStatus.Partial => "TASK_STATE_COMPLETED",
        RunStatus.Canceled => "TASK_STATE_CANCELED",
        RunStatus.Rejected => "TASK_STATE_REJECTED",
        _ => "TASK_STATE_FAILED",
    };
}

/// <summary>What an agent says about a task.</summary>
internal sealed record MessageDocument(string MessageId, string ContextId, string TaskId, string Role, IReadOnlyList<PartDocument> Parts, Dictionary<string, string>? Metadata)
{
    /// <summary>The open questions of a run, or why it did not complete; null when there is nothing to say.</summary>
    public static MessageDocument? Of(RunResult run)
    {
        var open = run.Questions.Where(question => question.State == QuestionState.Open).ToList();
        if (!run.HasEnded && open.Count > 0) return Of(run, open[0].Id, [.. open.Select(question => new PartDocument(question.Text, null, null))], new() { ["question"] = open[0].Id });
        return run.HasEnded && run.ProblemDetail is { } problem ? Of(run, "end", [new(problem, null, null)], null) : null;
    }

    private static MessageDocument Of(RunResult run, string id, IReadOnlyList<PartDocument> parts, Dictionary<string, string>? metadata) =>
        new($"{run.Run.Name}.{id}", run.Run.Channel.Name, run.Run.Name, "ROLE_AGENT", parts, metadata);
}

/// <summary>An output, under its key.</summary>
internal sealed record ArtifactDocument(string ArtifactId, string Name, IReadOnlyList<PartDocument> Parts)
{
    public static IReadOnlyList<ArtifactDocument> Of(RunResult run) => [.. run.Outputs.Select(output => new ArtifactDocument(output.Key.Value, output.Key.Value, [PartDocument.Of(output.Value)]))];
}

/// <summary>A text or a JSON value.</summary>
internal sealed record PartDocument(string? Text, JsonValue? Data, string? MediaType)
{
    public static PartDocument Of(JsonValue value)
    {
        using var json = JsonDocument.Parse(value.Utf8);
        return json.RootElement.ValueKind == JsonValueKind.String ? new(json.RootElement.GetString(), null, "text/plain") : new(null, value, "application/json");
    }
}
