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
    /// <param name="replay">Marks an answer as the first one, given again.</param>
    public static T Once<T>(Draft draft, OperationKey? operation, Func<T> evaluate, Func<T, bool> isKept, Func<Problem, T> refuse, Func<T, T> replay)
    {
        if (operation is null) return evaluate();
        if (draft.FindOperation(IdOf(operation)) is { } known)
        {
            return known.Body == operation.Body ? replay(draft.State.Codec.Read<T>(known.Answer)) : refuse(Mismatch);
        }

        var outcome = evaluate();
        if (isKept(outcome)) Keep(draft, operation, outcome);
        return outcome;
    }

    /// <summary>Remembers an operation's first answer with the record that did it.</summary>
    public static void Keep<T>(Draft draft, OperationKey? operation, T outcome)
    {
        if (operation is not null) draft.Finish(new JournalOperation(IdOf(operation), operation.Body, draft.Now, draft.State.Codec.Write(outcome)));
    }

    /// <summary>The name under which a journal knows an operation.</summary>
    public static ContentHash IdOf(OperationKey operation) => ContentHash.Of(Encoding.UTF8.GetBytes(operation.Id));

    private static Problem Mismatch { get; } = new(ProblemKind.IdempotencyMismatch, "This Idempotency-Key was used with another body.");
}
