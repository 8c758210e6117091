using System.Net.Http.Headers;
using System.Text.Json;

namespace Rosud.A2A;

/// <summary>How tests speak the protocol with a host.</summary>
internal static class A2ACalls
{
    public static (string Name, string Value) Version { get; } = ("A2A-Version", "1.0");

    public static Task<HttpAnswer> Call(this RosudHost host, string method, string path, string? body = null) => host.Send(method, $"/a2a/v1/{path}", body, Version);

    /// <summary>Sends a message with these parts.</summary>
    public static Task<HttpAnswer> Tell(this RosudHost host, string channel, string parts, string more = "", string request = "") =>
        host.Call("POST", $"{channel}/message:send", Message(host, parts, more, request));

    public static string Message(this RosudHost host, string parts, string more = "", string request = "") =>
        $$$"""{"message":{"messageId":"{{{host.NewName("message")}}}","role":"ROLE_USER","parts":[{{{parts}}}]{{{more}}}}{{{request}}}}""";

    /// <summary>Opens a stream of the protocol.</summary>
    public static async Task<EventReader> Stream(this RosudHost host, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new(method), $"/a2a/v1/{path}");
        if (body is not null) request.Content = new StringContent(body, new MediaTypeHeaderValue("application/a2a+json"));
        request.Headers.Add(Version.Name, Version.Value);
        var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    public static async Task<JsonElement?> NextBody(this EventReader events) => (await events.Next())?.Body;

    public static string? State(this JsonElement task) => task.GetProperty("status").GetProperty("state").GetString();

    /// <summary>The reason that an error gives, and of which domain.</summary>
    public static (int Status, string? Domain, string? Reason) Error(this HttpAnswer answer)
    {
        var error = answer.Json.GetProperty("error");
        Assert.Equal((answer.Status, "application/a2a+json"), (error.GetProperty("code").GetInt32(), answer.ContentType));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        var detail = error.GetProperty("details")[0];
        Assert.Equal("type.googleapis.com/google.rpc.ErrorInfo", detail.GetProperty("@type").GetString());
        return (answer.Status, detail.GetProperty("domain").GetString(), detail.GetProperty("reason").GetString());
    }

    public static string? Field(this HttpAnswer answer) => answer.Json.GetProperty("error").GetProperty("details")[1].GetProperty("fieldViolations")[0].GetProperty("field").GetString();
}
