using Rosud.Audit;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>One channel: its versioned context, its live changes, and the runs on it.</summary>
public interface IChannel
{
    /// <summary>Its id.</summary>
    string Id { get; }

    /// <summary>The channel as it is now, confirmed.</summary>
    /// <exception cref="RefusedException"><c>not-found</c>.</exception>
    Task<ChannelView> Describe(CancellationToken cancellationToken = default);

    /// <summary>Replaces agents or sync; null leaves them.</summary>
    /// <exception cref="RefusedException"><c>not-found</c> or <c>invalid-request</c>.</exception>
    Task<ChannelView> Configure(IEnumerable<string>? agents = null, ContextSync? sync = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes the channel: cancels its runs, ends its watches; durable when it returns. Its id cannot be used again for 24 hours.</summary>
    /// <remarks>What the channel held leaves the store right after, in the background. Repeating it changes nothing.</remarks>
    /// <exception cref="RefusedException"><c>not-found</c>: there never was such a channel.</exception>
    Task Delete(CancellationToken cancellationToken = default);

    /// <summary>Reads keys and patterns of the newest version, linearizably; none for everything.</summary>
    /// <exception cref="RefusedException"><c>not-found</c> or <c>invalid-request</c>.</exception>
    Task<ContextView> Read(IEnumerable<KeyPattern>? keys = null, CancellationToken cancellationToken = default);

    /// <summary>Reads as <paramref name="query"/> says: another version, or without confirmation.</summary>
    /// <exception cref="RefusedException">Also <c>compacted</c> and <c>version-ahead</c>.</exception>
    Task<ContextView> Read(ContextQuery query, CancellationToken cancellationToken = default);

    /// <summary>Commits writes atomically; durable when it returns. Losing to another writer is an answer, not an exception.</summary>
    /// <param name="writes">The writes, each key once. 1 to 10,000.</param>
    /// <param name="basedOn">The version that the writer saw; null writes blindly.</param>
    /// <param name="reads">What the writer relied on; needs <paramref name="basedOn"/>. A change of it since refuses the whole patch as <see cref="PatchOutcome.Stale"/>.</param>
    /// <param name="writer">Who writes; null for <c>Rosud:Client:Writer</c>.</param>
    /// <param name="cancellationToken">Ends the waiting; the commit may still happen.</param>
    Task<PatchOutcome> Commit(
        IEnumerable<ContextWrite> writes, ContextVersion? basedOn = null, IEnumerable<KeyPattern>? reads = null, string? writer = null, CancellationToken cancellationToken = default);

    /// <summary>Commits a patch. One without an operation id gets one, so that repetitions within the call are exact.</summary>
    Task<PatchOutcome> Commit(ContextPatch patch, CancellationToken cancellationToken = default);

    /// <summary>The commits after a version, in order, confirmed. History that is no longer kept is an answer with <see cref="ChangePage.Gap"/>, not an exception.</summary>
    /// <param name="after">The last version that the caller has; <see cref="ContextVersion.None"/> for all.</param>
    /// <param name="limit">At most this many, 1 to 500.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> is negative, or <paramref name="limit"/> out of its range.</exception>
    /// <exception cref="RefusedException"><c>not-found</c>, or <c>version-ahead</c>: there is no version <paramref name="after"/> yet.</exception>
    Task<ChangePage> Changes(ContextVersion after, int limit = 500, CancellationToken cancellationToken = default);

    /// <summary>The keys that are another at two versions, in their order.</summary>
    /// <param name="from">The older version; <see cref="ContextVersion.None"/> is the empty context.</param>
    /// <param name="until">The newer version; null for the newest.</param>
    /// <param name="keys">Keys and patterns; null for everything.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RefusedException"><c>compacted</c>: a version is not kept any more.</exception>
    IAsyncEnumerable<KeyDifference> Diff(ContextVersion from, ContextVersion? until = null, IEnumerable<KeyPattern>? keys = null, CancellationToken cancellationToken = default);

    /// <summary>Who wrote a key and when, in which run, step and attempt: the newest write first, as far as history is kept.</summary>
    /// <param name="key">The key.</param>
    /// <param name="upTo">Only writes up to this version; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<KeyWrite> Blame(ContextKey key, ContextVersion? upTo = null, CancellationToken cancellationToken = default);

    /// <summary>Who wrote and who read which version and why, one entry after the other up to the newest: the lines of the audit chain, as they are hashed.</summary>
    /// <param name="after">The number (<c>n</c>) of the entry that the caller has; 0 for all. Begins later when the next ones are no longer kept.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidDataException">What is stored is not what was chained.</exception>
    IAsyncEnumerable<AuditLine> Audit(long after = 0, CancellationToken cancellationToken = default);

    /// <summary>Writes the audit chain as lines of JSON, with a head signed at its end: what <c>verify</c> of the host's program checks offline.</summary>
    /// <remarks>It is signed in this process: <c>Rosud:Audit:KeyFile</c> names the key file of the hosts.</remarks>
    /// <param name="output">Takes the lines; stays open.</param>
    /// <param name="after">The number of the last entry of an earlier export; 0 for all.</param>
    /// <param name="cancellationToken">Ends the writing; what is written then has no head.</param>
    /// <exception cref="InvalidOperationException">There is no key to sign with.</exception>
    /// <exception cref="InvalidDataException">What is stored is not what was chained: the export says so and has no head.</exception>
    Task ExportAudit(Stream output, long after = 0, CancellationToken cancellationToken = default);

    /// <summary>Checks the whole kept audit chain, and the kept values against it.</summary>
    /// <param name="earlier">The head of an earlier check or export, which the chain must still go through; null for none.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>A chain that is broken is an answer, not an exception.</returns>
    /// <exception cref="RefusedException"><c>compacted</c>: entries from the earlier head on are not all kept any more.</exception>
    Task<AuditVerification> VerifyAudit(AuditHead? earlier = null, CancellationToken cancellationToken = default);

    /// <summary>Writes that lost under <see cref="ConflictResolution.Manual"/> and wait for a decision, in the order they were parked.</summary>
    IAsyncEnumerable<OpenConflict> Conflicts(CancellationToken cancellationToken = default);

    /// <summary>Ends one conflict by a commit; durable when it returns.</summary>
    /// <param name="conflict"><see cref="ParkedWrite.Number"/> of the parked write.</param>
    /// <param name="choice">What the key becomes.</param>
    /// <param name="value">The value with <see cref="ConflictChoice.Value"/>, else null.</param>
    /// <param name="basedOn">The version that the decision rests on; null for whatever there is. A key that changed after it is a conflict.</param>
    /// <param name="writer">Who decides; null for <c>Rosud:Client:Writer</c>.</param>
    /// <param name="cancellationToken">Ends the waiting; the commit may still happen.</param>
    /// <exception cref="RefusedException"><c>not-found</c>: it is not open any more.</exception>
    Task<PatchOutcome> Resolve(
        long conflict, ConflictChoice choice, JsonValue? value = null, ContextVersion? basedOn = null, string? writer = null, CancellationToken cancellationToken = default);

    /// <summary>Everything that happens in the channel: each commit once, in order and whole, and the notices between them.</summary>
    /// <remarks>
    /// Endless: it goes on by itself over lost connections and silos, and ends when the channel is deleted. What cannot be had is never left out
    /// in silence: it is a <see cref="FeedItem.Gap"/>, after which the listener reads the context at its head and goes on with what follows.
    /// A listener that falls behind by 256 items or 1 MiB gets a gap. All watches of a channel in this process share one subscription.
    /// </remarks>
    /// <param name="after">The last version that the listener has; null starts now, <see cref="ContextVersion.None"/> at the beginning.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    IAsyncEnumerable<FeedItem> Watch(ContextVersion? after = null, CancellationToken cancellationToken = default);

    /// <summary>Coordinates one task and waits for its end. Whatever agents do is a result with a status, never an exception.</summary>
    /// <param name="task">The task; a string is its goal, and each of the channel's agents one step.</param>
    /// <param name="timeout">How long the run may take, 1 ms to 7 days. Null for 30 s.</param>
    /// <param name="onStaleContext">What happens to attempts whose reads have changed.</param>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    /// <returns>The result; ended, unless the cluster could not be reached in time.</returns>
    /// <exception cref="RefusedException"><c>contract-rejected</c> with every fault, <c>not-found</c>, <c>idempotency-mismatch</c>: there is no run.</exception>
    Task<RunResult> Coordinate(
        CoordinationTask task, TimeSpan? timeout = null, OnStaleContext onStaleContext = OnStaleContext.RetryWithFresh, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Coordinate(CoordinationTask, TimeSpan?, OnStaleContext, CancellationToken)"/>
    Task<RunResult> Coordinate(CoordinateRequest request, CancellationToken cancellationToken = default);

    /// <summary>Starts a run and returns when it is durable: it will end, whatever happens to this process or the silos.</summary>
    /// <exception cref="RefusedException">There is no run.</exception>
    Task<IRun> Submit(CoordinateRequest request, CancellationToken cancellationToken = default);

    /// <summary>The channel's runs that are open or among the last 10,000, in the order of their ids.</summary>
    IAsyncEnumerable<RunSummary> Runs(RunStatus? status = null, CancellationToken cancellationToken = default);
}
