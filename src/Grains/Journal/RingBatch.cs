namespace Rosud.Journal;

/// <summary>A batch that is still in the ring.</summary>
/// <param name="End">The point of the log that it reaches.</param>
/// <param name="Record">The record of its slot, which the segment will hold.</param>
/// <param name="Operations">How many operations there were up to its end.</param>
/// <param name="KeyHashes">Which keys it changed.</param>
internal sealed record RingBatch(LogPoint End, ReadOnlyMemory<byte> Record, long Operations, int[] KeyHashes);
