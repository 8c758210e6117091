using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>What happens to an attempt whose reads have changed. SEMANTICS R13.</summary>
public enum OnStaleContext
{
    /// <summary>Stop it, drop its writes, try again with the new view.</summary>
    RetryWithFresh,

    /// <summary>Hand the change to the running attempt, which goes on; agents without that are retried.</summary>
    Rebase,

    /// <summary>Commit, and mark the entries as stale.</summary>
    Flag,

    /// <summary>The step ends without a retry.</summary>
    Reject,

    /// <summary>Ask a person.</summary>
    Escalate,
}

/// <summary>Who goes first when there is not room for all.</summary>
public enum RunPriority
{
    /// <summary>Somebody waits for it.</summary>
    Interactive,

    /// <summary>It can wait.</summary>
    Batch,
}

/// <summary>Asks a channel to coordinate one task.</summary>
[GenerateSerializer, Immutable, Alias("rosud.coordinate-request")]
public sealed record CoordinateRequest
{
    /// <summary>The task.</summary>
    [Id(0)] public required CoordinationTask Task { get; init; }

    /// <summary>How long the run may take, 1 ms to 7 days. Default 30 s.</summary>
    [Id(1)] public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What happens to stale attempts.</summary>
    [Id(2)] public OnStaleContext OnStaleContext { get; init; }

    /// <summary>Another execution than the network's; null for the network's.</summary>
    [Id(3)] public ExecutionKind? Execution { get; init; }

    /// <summary>Who goes first.</summary>
    [Id(4)] public RunPriority Priority { get; init; }

    /// <summary>The run whose step starts this one: its budget, deadline and end bound this run's. Null for a run of its own.</summary>
    [Id(5)] public string? Parent { get; init; }

    /// <summary>The caller's name; writer of nothing, shown in the audit log.</summary>
    [Id(6)] public string Caller { get; init; } = "";

    /// <summary>Hash of the canonical task, to tell a repeat from another task under the same id.</summary>
    [Id(7)] public ContentHash TaskHash { get; init; }

    /// <summary>W3C trace context of the caller.</summary>
    [Id(8)] public string? TraceParent { get; init; }

    /// <summary>With <see cref="Parent"/>: a timeout above the parent's time left is shortened to it; else that breaks the contract.</summary>
    [Id(9)] public bool FitsParent { get; init; }

    /// <summary>The caller's Idempotency-Key with the hash of the canonical task: under it another task is refused, whatever its id. Null without one.</summary>
    [Id(10)] public OperationKey? Operation { get; init; }

    /// <summary>This request for a run that a step starts: a child of the step's run, with no more time than that has left.</summary>
    /// <param name="work">The step's attempt.</param>
    public CoordinateRequest Within(IAgentWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return this with { Parent = work.Assignment.Id.Run.Name, FitsParent = true };
    }
}

/// <summary>The answer to <see cref="CoordinateRequest"/>.</summary>
[GenerateSerializer, Immutable, Alias("rosud.coordinate-outcome")]
public abstract record CoordinateOutcome
{
    private CoordinateOutcome() { }

    /// <summary>The run is durable and will end. <paramref name="Joined"/> is true when it was there before.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.coordinate-accepted")]
    public sealed record Accepted([property: Id(0)] RunId Run, [property: Id(1)] bool Joined) : CoordinateOutcome
    {
        /// <summary>The run is the one that the same operation got before.</summary>
        [Id(2)] public bool IsReplay { get; init; }
    }

    /// <summary>There is no run.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.coordinate-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : CoordinateOutcome;
}
