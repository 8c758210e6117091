using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Channels;

/// <summary>What a channel is, beside its context and its runs.</summary>
/// <param name="Base">The journal's version at which the channel was made: its own versions count from there, so that a channel made again starts at 0.</param>
/// <param name="DeletedAt">When it was deleted; null while it lives.</param>
[GenerateSerializer, Immutable, Alias("rosud.channel-record")]
internal sealed record ChannelRecord(
    [property: Id(0)] ChannelSpec Spec,
    [property: Id(1)] DateTimeOffset CreatedAt,
    [property: Id(2)] long Base,
    [property: Id(3)] DateTimeOffset? DeletedAt = null)
{
    /// <summary>Deleted, and nothing of what it held is in storage any more.</summary>
    [Id(4)] public bool IsErased { get; init; }
}

/// <summary>What the history says of a commit beside its keys.</summary>
[GenerateSerializer, Immutable, Alias("rosud.commit-note")]
internal sealed record CommitNote(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] Origin Origin,
    [property: Id(2)] bool Provisional,
    [property: Id(3)] bool Stale,
    [property: Id(4)] long? Resolves = null);

/// <summary>What stays of a run beside its steps: how far its driver is.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-progress")]
internal sealed record RunProgress(
    [property: Id(0)] int Epoch,
    [property: Id(1)] int Retries,
    [property: Id(2)] int Takeovers,
    [property: Id(3)] RunEnd? End);

/// <summary>What the log keeps of a run whose result is archived.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-stub")]
internal sealed record RunStub(
    [property: Id(0)] RunId Run,
    [property: Id(1)] string? TaskId,
    [property: Id(2)] ContentHash TaskHash,
    [property: Id(3)] DateTimeOffset AcceptedAt,
    [property: Id(4)] RunEnd End);
