using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Rosud.Context;

/// <summary>How large one channel's context may be, and how much of its past is held in memory: the host's settings. SEMANTICS C15.</summary>
internal sealed record ContextLimits
{
    /// <summary>Where the configuration has them.</summary>
    public const string Section = "Rosud:Context";

    public static ContextLimits Default { get; } = new();

    /// <summary>Bytes of live keys and canonical values.</summary>
    [Range(1, long.MaxValue)]
    public long LiveBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Live keys.</summary>
    [Range(1, int.MaxValue)]
    public int KeysMax { get; init; } = 200_000;

    /// <summary>Canonical bytes of one value. At most 1 MiB: a record holds a value with the one before it.</summary>
    [Range(1, 1024 * 1024)]
    public int ValueBytesMax { get; init; } = 256 * 1024;

    /// <summary>Keys in one patch.</summary>
    [Range(1, 10_000)]
    public int PatchWritesMax { get; init; } = 10_000;

    /// <summary>Versions whose hashes are remembered, so that a patch based on them is judged exactly.</summary>
    [Range(1, int.MaxValue)]
    public int RememberedVersionsMax { get; init; } = 10_000;

    /// <summary>Writes whose hashes are remembered (about 200 bytes each), whatever the number of versions.</summary>
    [Range(1, int.MaxValue)]
    public int RememberedWritesMax { get; init; } = 65_536;
}

/// <summary>Refuses limits that are out of range when the silo starts.</summary>
[OptionsValidator]
internal sealed partial class ContextLimitsRanges : IValidateOptions<ContextLimits>;
