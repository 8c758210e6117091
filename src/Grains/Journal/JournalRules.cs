namespace Rosud.Journal;

/// <summary>The rules of PROTOCOL-journal that can be broken one at a time, so that tests can show that each is needed. Production keeps <see cref="All"/>.</summary>
[Flags]
internal enum JournalRules
{
    /// <summary>Nothing is kept.</summary>
    None = 0,

    /// <summary>A new activation seals the next slot before it serves.</summary>
    Seal = 1 << 0,

    /// <summary>The seal is written under the ETag of the read that showed no batch.</summary>
    SealCompares = 1 << 1,

    /// <summary>A seal that failed is written again only after the slot's content was looked at.</summary>
    SealLooksAgain = 1 << 2,

    /// <summary>A new activation raises the epoch in head.</summary>
    RaiseEpoch = 1 << 3,

    /// <summary>A slot is used again only when its batch is folded.</summary>
    ReuseAfterFold = 1 << 4,

    /// <summary>One slot of the ring stays free (R3).</summary>
    OneSlotFree = 1 << 5,

    /// <summary>After an unknown outcome the record's content is looked at (R4).</summary>
    LookAfterUnknown = 1 << 6,

    /// <summary>A write that threw did not certainly land.</summary>
    UnknownIsNotSuccess = 1 << 7,

    /// <summary>A write that threw did not certainly fail.</summary>
    UnknownIsNotFailure = 1 << 8,

    /// <summary>Head names a cell only after the cell is written.</summary>
    CellsBeforeHead = 1 << 9,

    /// <summary>A cell that head names is never written (R2).</summary>
    Shadow = 1 << 10,

    /// <summary>A spare cell is written only after its epoch was looked at (R1).</summary>
    LookAtSpareCells = 1 << 11,

    /// <summary>A head of unknown outcome is resolved before anything else (R4).</summary>
    ResolveHead = 1 << 12,

    /// <summary>A confirmed read asks head.</summary>
    Confirm = 1 << 13,

    /// <summary>A segment leaves only when the base has it.</summary>
    DropBehindBase = 1 << 14,

    /// <summary>A slot whose ETag is learned while serving is looked at (R1).</summary>
    LookAtSlots = 1 << 15,

    /// <summary>All rules.</summary>
    All = (1 << 16) - 1,
}
