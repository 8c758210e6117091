using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Supervision;

/// <summary>What agents may ask and claim: checked before an attempt ends with it.</summary>
internal static class AskRules
{
    public const int TextLengthMax = 16_384;
    public const int SchemaBytesMax = 64 * 1024;
    public const int AnswerBytesMax = 16 * 1024;
    public static readonly TimeSpan ExpiresMax = TimeSpan.FromDays(7);

    public static Problem? Fault(AskRequest request)
    {
        if (request.Text is not { Length: >= 1 and <= TextLengthMax }) return Problem.Invalid("/question", "A question has 1 to 16,384 characters.");
        if (request.Expires is { } expires && (expires < TimeSpan.FromMilliseconds(1) || expires > ExpiresMax)) return Problem.Invalid("/expires_ms", "Must be 1 ms to 7 days.");
        if (request.Schema is not { } schema) return null;
        if (schema.Length > SchemaBytesMax) return Problem.Invalid("/schema", "A schema of an answer has at most 64 KiB.");
        var faults = KeySchema.Faults(schema, "/schema").ToArray();
        return faults.Length == 0 ? null : new(ProblemKind.InvalidRequest, faults[0].Message) { Errors = [.. faults] };
    }

    public static Problem? Fault(EffectRequest request)
    {
        if (!Names.IsValid(request.Name)) return Problem.Invalid("name", "An effect's name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.");
        return request.Receipt is { Length: > EffectRules.ReceiptBytesMax } ? new(ProblemKind.PayloadTooLarge, "A receipt has at most 16 KiB: keep what is larger elsewhere, and its address here.") : null;
    }

    /// <summary>Why a value cannot answer a question; null when it can.</summary>
    public static Problem? Fault(Question question, JsonValue value)
    {
        if (value.Length > AnswerBytesMax) return new(ProblemKind.PayloadTooLarge, "An answer has at most 16 KiB.");
        if (question.Schema is not { } schema) return null;
        var faults = KeySchema.Of(schema).Check(value);
        if (faults.IsEmpty) return null;
        return new(ProblemKind.InvalidRequest, $"The answer breaks the question's schema: {faults[0].Message}.")
        {
            Errors = [.. faults.Select(fault => new ProblemError($"/value{fault.Pointer}", $"{fault.Message}.", fault.Code))],
        };
    }
}
