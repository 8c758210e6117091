using System.Diagnostics.CodeAnalysis;
using Rosud.Agents;
using Rosud.Context;

namespace Rosud.Supervision;

/// <summary>Reads what a webhook agent answered: hostile until it is understood.</summary>
internal static class WebhookAnswer
{
    public const int BytesMax = 1024 * 1024;

    public static async Task<(Completion? Completion, Failure? Failure)> Read(HttpContent content, CancellationToken stopped)
    {
        var bytes = await ReadCapped(content, stopped);
        if (bytes is null) return (null, Garbage("is larger than 1 MiB"));
        return TryParse(bytes.Value.Span, out var completion, out var fault) ? (completion, null) : (null, Garbage(fault));
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Completion? completion, out string fault)
    {
        completion = null;
        if (!JsonValue.TryParse(bytes, out var body, out var error))
        {
            fault = $"is not good JSON: {error.Message}";
            return false;
        }

        var good = AssignmentJson.TryReadCompletion(body, out completion, out var errors);
        fault = good ? "" : $"is no completion: {errors[0].Pointer} {errors[0].Message}";
        return good;
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadCapped(HttpContent content, CancellationToken stopped)
    {
        if (content.Headers.ContentLength > BytesMax) return null;
        var buffer = new byte[BytesMax + 1];
        await using var stream = await content.ReadAsStreamAsync(stopped);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stopped);
        if (length > BytesMax) return null;
        return buffer.AsMemory(0, length);
    }

    private static Failure Garbage(string what) => new() { Reason = $"The agent's answer {what}." };
}
