using System.ComponentModel.DataAnnotations;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Mcp;

/// <summary>Reads keys of a channel's context.</summary>
internal sealed record GetContextArguments
{
    /// <summary>The channel's id.</summary>
    [Name]
    public required string Channel { get; init; }

    /// <summary>Keys, and prefixes ending in *. Left out, everything.</summary>
    [Keys, Count(1000)]
    public string[] Keys { get; init; } = [];

    /// <summary>A past version. Left out, the newest.</summary>
    [Range(0d, long.MaxValue)]
    public long? Version { get; init; }

    /// <summary>Refuses with version-ahead when the context is older than this version.</summary>
    [Range(0d, long.MaxValue)]
    public long? MinVersion { get; init; }

    /// <summary>Plain may be up to 1 s behind.</summary>
    public ReadConsistency Consistency { get; init; } = ReadConsistency.Confirmed;
}

/// <summary>Changes keys of a channel's context, atomically.</summary>
internal sealed record CommitContextArguments : PatchBody
{
    /// <summary>The channel's id.</summary>
    [Name]
    public required string Channel { get; init; }

    /// <summary>Names this change: the same key with the same arguments gives the first answer, so a call whose outcome is unknown can be repeated.</summary>
    [Text(255, 1)]
    public string? IdempotencyKey { get; init; }
}

/// <summary>Asks a channel's agents to do a task.</summary>
internal sealed record CoordinateArguments : CoordinateBody
{
    /// <summary>The longest that one call waits: many clients give up after a minute.</summary>
    public const int WaitMsDefault = 50_000;

    /// <summary>The channel's id.</summary>
    [Name]
    public required string Channel { get; init; }

    /// <summary>How long this call may wait for the end, in whole seconds rounded up. 0 starts the run and returns at once. Left out, 50 s.</summary>
    [Range(0, 60_000)]
    public int? WaitMs { get; init; }

    /// <summary>The task's id when the task has none: the same key with an equal task joins the run.</summary>
    [Text(255, 1)]
    public string? IdempotencyKey { get; init; }
}

/// <summary>Asks how a run stands.</summary>
internal sealed record RunStatusArguments
{
    /// <summary>The run's id, as coordinate gave it.</summary>
    [Text(512, 1)]
    public required string Run { get; init; }
}

/// <summary>Asks whether several agents beat one.</summary>
internal sealed record VerdictArguments
{
    /// <summary>The network. Left out, default.</summary>
    [Name]
    public string? Network { get; init; }

    /// <summary>How many task classes at most. Left out, 100.</summary>
    [Range(1, 500)]
    public int? Limit { get; init; }

    /// <summary>The next of the page before.</summary>
    [Name]
    public string? After { get; init; }
}
