using System.Collections.Immutable;
using Orleans.Concurrency;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>Coordinates the agents of one channel and owns their shared, versioned context.</summary>
/// <remarks>
/// Keyed <c>tenant/channel</c>. The only writer of its context: it decides the order of all commits. Every answer that says
/// something was done is given after it is durable. Calls fail with <see cref="UnknownOutcomeException"/> when a write may or
/// may not have landed (repeat with the same operation id) and with <see cref="OverloadedException"/> when the queue is full.
/// No call waits for an agent.
/// </remarks>
[Alias("rosud.channel")]
public interface IChannelGrain : IGrainWithStringKey
{
    /// <summary>Makes the channel. The same spec again finds it; another is refused as <c>already-exists</c>.</summary>
    /// <param name="operation">With it a repeat gets the first answer, also after the channel was changed.</param>
    [Alias("create")]
    Task<ChannelOutcome> Create(ChannelSpec spec, OperationKey? operation = null);

    /// <summary>Replaces agents and sync of a channel that exists; null leaves them. The network cannot change.</summary>
    /// <param name="operation">With it a repeat gets the first answer, also after somebody else has changed the channel again.</param>
    [Alias("configure")]
    Task<ChannelOutcome> Configure(ImmutableArray<string>? agents, ContextSync? sync, OperationKey? operation = null);

    /// <summary>The channel as it is now, confirmed.</summary>
    [Alias("describe")]
    Task<ChannelOutcome> Describe();

    /// <summary>Deletes the channel: ends its runs and its streams. Its name cannot be used again for 24 hours.</summary>
    [Alias("delete")]
    Task<ChannelOutcome> Delete();

    /// <summary>Commits a patch, atomically over its keys, by SEMANTICS C1.</summary>
    [Alias("commit")]
    Task<PatchOutcome> Commit(ContextPatch patch);

    /// <summary>Reads part of the context at one version.</summary>
    [Alias("read")]
    Task<ReadOutcome> Read(ContextQuery query);

    /// <summary>The commits after a version, in order: at most <paramref name="limit"/> (1 to 500).</summary>
    [Alias("changes")]
    Task<ChangesOutcome> Changes(ContextVersion after, int limit);

    /// <summary>Somebody listens to the channel's events from now on, through a host: counted as one read. May be lost.</summary>
    [OneWay, Alias("listened")]
    Task Listened();

    /// <summary>What differs between two versions, confirmed. Costs the reading of the commits between them.</summary>
    [Alias("diff")]
    Task<DiffOutcome> Diff(DiffQuery query);

    /// <summary>Who wrote a key and when, the newest write first, as far as history is kept, confirmed. Costs about the reading of those commits.</summary>
    [Alias("blame")]
    Task<BlameOutcome> Blame(BlameQuery query);

    /// <summary>Writes that wait to be resolved, in the order they were parked, confirmed: at most <paramref name="limit"/> (1 to 500) and about 1 MiB.</summary>
    /// <param name="after"><see cref="ParkedWrite.Number"/> of the last one that the caller has; 0 for none.</param>
    [Alias("conflicts")]
    Task<ConflictsOutcome> Conflicts(long after, int limit);

    /// <summary>Ends one conflict by a commit (SEMANTICS C10). The same operation id with the same body gives the first answer.</summary>
    /// <returns><c>unchanged</c> when the key is absent and stays so; <c>not-found</c> for a conflict that is not open any more.</returns>
    [Alias("resolve")]
    Task<PatchOutcome> Resolve(Resolution resolution);

    /// <summary>Some of the audit chain, confirmed. Costs the reading of the journal's segments that it is in.</summary>
    [Alias("audit")]
    Task<AuditOutcome> Audit(AuditQuery query);

    /// <summary>Starts a run, or joins the run of the same task id. Its contract is checked in full before there is a run.</summary>
    /// <param name="request">The task and how to run it.</param>
    /// <param name="observer">Is told when the run ends; null when nobody waits.</param>
    [Alias("coordinate")]
    Task<CoordinateOutcome> Coordinate(CoordinateRequest request, IRunObserver? observer);

    /// <summary>The channel's runs that are open or among the last 10,000, in the order of their ids; at most <paramref name="limit"/>, 1 to 501.</summary>
    [Alias("runs")]
    Task<ImmutableArray<RunSummary>> Runs(string? after, int limit, RunStatus? status);
}

/// <summary>A run in a list.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-summary")]
public sealed record RunSummary(
    [property: Id(0)] RunId Run,
    [property: Id(1)] RunStatus Status,
    [property: Id(2)] DateTimeOffset AcceptedAt,
    [property: Id(3)] DateTimeOffset? EndedAt);
