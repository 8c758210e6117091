using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>A message that was sent to a channel. What the protocol may have beyond this is ignored, as it asks.</summary>
internal sealed record SentMessage
{
    /// <summary>Names it: the same message again joins its run.</summary>
    public required string Id { get; init; }

    /// <summary>The task that it is for; null for a new one.</summary>
    public string? Task { get; init; }

    /// <summary>The question that it answers; null for the oldest.</summary>
    public string? Question { get; init; }

    /// <summary>Its texts, a line each; empty without any.</summary>
    public required string Text { get; init; }

    /// <summary>Its JSON value; null without one.</summary>
    public JsonValue? Value { get; init; }

    /// <summary>Where <see cref="Value"/> is, as a JSON pointer.</summary>
    public string ValueAt { get; init; } = "/message/parts";

    /// <summary>What the request says beside the message; null when nothing.</summary>
    public JsonValue? Metadata { get; init; }

    public bool ReturnImmediately { get; init; }

    /// <summary>Reads a request, or says why it cannot be taken.</summary>
    public static async Task<(SentMessage? Message, IResult? Refusal)> ReadAsync(HttpContext http, string channel)
    {
        var request = new RequestReader(http);
        request.Channel(channel);
        var (json, error) = await JsonBody.ReadAsync(http, optional: false);
        if (error is not null) request.Fault(error.Pointer, error.Message, error.Code);
        if (request.Refusal is { } refusal) return (null, refusal);
        using var document = JsonDocument.Parse(json!.Utf8);
        var reader = new MessageReader(request);
        var sent = reader.Read(document.RootElement, channel);
        return reader.Unsupported is { } unsupported ? (null, unsupported) : (sent, request.Refusal);
    }

    /// <summary>What it says, as one value.</summary>
    public JsonValue AsValue() => Value ?? JsonValue.From(Text);
}

/// <summary>Reads the members of a request and remembers every fault.</summary>
internal sealed class MessageReader(RequestReader request)
{
    private static readonly string[] Contents = ["text", "data", "raw", "url"];

    /// <summary>What the protocol has an error of its own for.</summary>
    public IResult? Unsupported { get; private set; }

    public SentMessage Read(JsonElement body, string channel)
    {
        var message = Object(body, "message", "", required: true);
        var configuration = Object(body, "configuration", "", required: false);
        if (Member(configuration, "taskPushNotificationConfig") is not null) Unsupported = RpcError.Of(400, "PUSH_NOTIFICATION_NOT_SUPPORTED", "There are no push notifications: follow the task with :subscribe.");
        var (text, value, at) = Parts(message);
        request.Require(Text(message, "role", "/message") == "ROLE_USER", "/message/role", "This must be ROLE_USER.");
        request.Require(Text(message, "contextId", "/message") is null or "" || Text(message, "contextId", "/message") == channel, "/message/contextId", "The context of a task is its channel: leave this out, or give the channel of the address.");
        request.Require(Text(message, "messageId", "/message") is { Length: > 0 }, "/message/messageId", "This is required.");
        var now = Member(configuration, "returnImmediately");
        request.Require(now is null or { ValueKind: JsonValueKind.True or JsonValueKind.False }, "/configuration/returnImmediately", "This must be true or false.");
        return new()
        {
            Id = Text(message, "messageId", "/message") ?? "",
            Task = Text(message, "taskId", "/message") is { Length: > 0 } task ? task : null,
            Question = Text(Object(message, "metadata", "/message", required: false), "question", "/message/metadata"),
            Text = text,
            Value = value,
            ValueAt = at,
            Metadata = Object(body, "metadata", "", required: false) is { } metadata ? Copy(metadata) : null,
            ReturnImmediately = now is { ValueKind: JsonValueKind.True },
        };
    }

    private (string Text, JsonValue? Value, string At) Parts(JsonElement? message)
    {
        var (texts, value, at) = (new List<string>(), (JsonValue?)null, "/message/parts");
        if (Member(message, "parts") is not { ValueKind: JsonValueKind.Array } parts || parts.GetArrayLength() == 0)
        {
            request.Fault("/message/parts", "A message has a list of at least one part.", "missing");
            return ("", null, at);
        }

        for (var i = 0; i < parts.GetArrayLength(); i++)
        {
            var part = parts[i];
            var content = Contents.Where(name => part.ValueKind == JsonValueKind.Object && part.TryGetProperty(name, out _)).ToList();
            request.Require(content.Count == 1, $"/message/parts/{i}", "A part has exactly one of text and data.");
            if (content is ["raw" or "url"]) Unsupported = RpcError.Of(400, "CONTENT_TYPE_NOT_SUPPORTED", "A part is a text or a JSON value here: files are not taken.");
            else if (content is ["text"]) texts.Add(Text(part, "text", $"/message/parts/{i}") ?? "");
            else if (content is ["data"])
            {
                request.Require(value is null, $"/message/parts/{i}", "At most one part has data.");
                (value, at) = (Copy(part.GetProperty("data")), $"/message/parts/{i}/data");
            }
        }

        return (string.Join('\n', texts), value, at);
    }

    private JsonElement? Object(JsonElement? parent, string name, string pointer, bool required)
    {
        var member = Member(parent, name);
        request.Require(member is { ValueKind: JsonValueKind.Object } || (member is null && !required), $"{pointer}/{name}", "This must be an object.");
        return member is { ValueKind: JsonValueKind.Object } ? member : null;
    }

    private string? Text(JsonElement? parent, string name, string pointer)
    {
        if (Member(parent, name) is not { } member) return null;
        if (member.ValueKind == JsonValueKind.String) return member.GetString();
        request.Fault($"{pointer}/{name}", "This must be a text.");
        return null;
    }

    // In this protocol null is the same as nothing.
    private static JsonElement? Member(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } it && it.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private static JsonValue Copy(JsonElement json) => JsonValue.Trusted(JsonMarshal.GetRawUtf8Value(json).ToArray());
}
