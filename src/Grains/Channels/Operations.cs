using System.Text;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Answers an operation that was done before with its first answer, which lies in the record that did it.</summary>
internal static class Operations
{
    /// <summary>The first answer, or what <paramref name="evaluate"/> says now. A refusal is not kept: the same operation is evaluated again.</summary>
    /// <param name="isKept">Whether an answer is the operation's for good.</param>
    public static T Once<T>(Draft draft, OperationKey? operation, Func<T> evaluate, Func<T, bool> isKept, Func<Problem, T> refuse)
    {
        if (operation is null) return evaluate();
        var id = ContentHash.Of(Encoding.UTF8.GetBytes(operation.Id));
        if (draft.FindOperation(id) is { } known)
        {
            return known.Body == operation.Body
                ? draft.State.Codec.Read<T>(known.Answer)
                : refuse(new(ProblemKind.IdempotencyMismatch, "This Idempotency-Key was used with another body."));
        }

        var outcome = evaluate();
        if (isKept(outcome)) draft.Finish(new JournalOperation(id, operation.Body, draft.Now, draft.State.Codec.Write(outcome)));
        return outcome;
    }
}
