using System.Runtime.CompilerServices;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>What is read of a channel page by page.</summary>
internal sealed class RemoteHistory(Reach reach, IChannelGrain channel)
{
    private const int PageMax = 500;

    public async IAsyncEnumerable<KeyDifference> Diff(DiffQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await reach.Calls.Repeat(() => channel.Diff(query), outcome => (outcome as DiffOutcome.Refused)?.Problem, cancellationToken) switch
            {
                DiffOutcome.Found found => found,
                DiffOutcome.Refused refused => throw new RefusedException(refused.Problem),
                var other => throw Unforeseen(other),
            };
            foreach (var key in page.Keys) yield return key;
            if (page.Next is not { } next) yield break;
            query = query with { To = page.To, After = next };   // The newest may move on between two pages.
        }
    }

    public async IAsyncEnumerable<KeyWrite> Blame(BlameQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await reach.Calls.Repeat(() => channel.Blame(query), outcome => (outcome as BlameOutcome.Refused)?.Problem, cancellationToken) switch
            {
                BlameOutcome.Found found => found,
                BlameOutcome.Refused refused => throw new RefusedException(refused.Problem),
                var other => throw Unforeseen(other),
            };
            foreach (var write in page.Writes) yield return write;
            if (page.Next is not { } next) yield break;
            query = query with { UpTo = next };
        }
    }

    public async IAsyncEnumerable<OpenConflict> Conflicts([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = 0L;
        while (true)
        {
            var page = await reach.Calls.Repeat(() => channel.Conflicts(after, PageMax), outcome => (outcome as ConflictsOutcome.Refused)?.Problem, cancellationToken) switch
            {
                ConflictsOutcome.Found found => found,
                ConflictsOutcome.Refused refused => throw new RefusedException(refused.Problem),
                var other => throw Unforeseen(other),
            };
            foreach (var conflict in page.Conflicts) yield return conflict;
            if (page.Next is not { } next) yield break;
            after = next;
        }
    }

    private static InvalidOperationException Unforeseen(object answer) => new($"The channel answered with {answer.GetType().Name}, which this client does not know: update it.");
}
