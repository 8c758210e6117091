using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>Makes a message the task of a run: its data are the task's members, its text the goal, and its id the key that makes a repetition join the run.</summary>
internal static class MessageTask
{
    private static readonly string[] Settings = ["timeout_ms", "on_stale_context", "execution", "priority"];

    /// <summary>Starts or joins the run of <paramref name="message"/>.</summary>
    /// <returns>The run's id, or why there is none.</returns>
    public static async Task<(string? Run, IResult? Refusal)> Start(string channel, SentMessage message, HttpContext http, RouteCalls calls)
    {
        if (Fault(message) is { } fault) return (null, new ProblemResult(Problem.Invalid(message.ValueAt, fault)));
        var answer = await calls.Call(http, HttpMethods.Post, "/v1/channels/{channel}/coordinate", Aim, http.RequestAborted);
        return answer.Status < 400
            ? (answer.Body.GetProperty("run").GetString(), null)
            : (null, new RefusedRoute(InMessage(JsonSerializer.Deserialize<ProblemBody>(answer.Body, Wire.Json)!, message)));

        Task<IResult?> Aim(HttpContext inside)
        {
            inside.Request.RouteValues["channel"] = channel;
            inside.Request.Headers["Idempotency-Key"] = message.Id;
            inside.Request.Headers["Prefer"] = "respond-async";
            RouteCalls.SetBody(inside, Body(message));
            return Task.FromResult<IResult?>(null);
        }
    }

    private static string? Fault(SentMessage message)
    {
        if (message.Value is null) return null;
        using var value = JsonDocument.Parse(message.Value.Utf8);
        if (value.RootElement.ValueKind != JsonValueKind.Object) return "The data of a message that starts a task are an object: members of a task.";
        return value.RootElement.TryGetProperty("goal", out _) && message.Text.Length > 0 ? "The goal is said twice: in the text and in the data." : null;
    }

    private static byte[] Body(SentMessage message)
    {
        var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("task");
            var saysGoal = Copy(writer, message.Value, static _ => true).Contains("goal");
            if (!saysGoal) writer.WriteString("goal", message.Text);
            writer.WriteEndObject();
            Copy(writer, message.Metadata, static name => Settings.Contains(name));
            writer.WriteEndObject();
        }

        return body.ToArray();
    }

    private static List<string> Copy(Utf8JsonWriter writer, JsonValue? json, Func<string, bool> wanted)
    {
        if (json is null) return [];
        using var document = JsonDocument.Parse(json.Utf8);
        var members = document.RootElement.EnumerateObject().Where(member => wanted(member.Name)).ToList();
        foreach (var member in members)
        {
            writer.WritePropertyName(member.Name);
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
        }

        return [.. members.Select(member => member.Name)];
    }

    // A fault is where the caller wrote it.
    private static ProblemBody InMessage(ProblemBody problem, SentMessage message) => problem with
    {
        Errors = problem.Errors?.Select(fault => InMessage(fault, message)).ToList(),
        Problems = problem.Problems?.Select(fault => InMessage(fault, message)).ToList(),
    };

    private static FaultBody InMessage(FaultBody fault, SentMessage message) => fault switch
    {
        { Parameter: "Idempotency-Key" } => fault with { Parameter = null, Pointer = "/message/messageId" },
        { Pointer: "/task/goal" } when message.Value is null || message.Text.Length > 0 => fault with { Pointer = "/message/parts" },
        { Pointer: ['/', 't', 'a', 's', 'k', .. var rest] } => fault with { Pointer = message.ValueAt + rest },
        { Pointer: ['/', ..] } => fault with { Pointer = "/metadata" + fault.Pointer },
        _ => fault,
    };

    private sealed class RefusedRoute(ProblemBody problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => RpcError.Write(httpContext, problem);
    }
}
