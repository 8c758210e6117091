using Rosud.Audit;
using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Channels;

/// <summary>What one record does: the commands that are decided one after the other on <see cref="Before"/>, and what they make.</summary>
/// <param name="onItsWay">The operations of the batch before it, which the journal does not have yet.</param>
internal sealed class CommitBatch(ChannelState before, IJournal journal, IReadOnlyDictionary<ContentHash, JournalOperation> onItsWay)
{
    private const int CommandsMax = 512;
    private const int CommandBytesMax = 4 * 1024 * 1024;   // What they hold while they are in it, though it may write nothing of that.
    private const int EntriesMax = JournalBatch.EntriesMax - 1;   // One is the audit's.

    private readonly List<CommitCommand> _commands = [];
    private readonly List<JournalEntry> _entries = [];
    private readonly List<Change> _changes = [];
    private readonly List<ChannelNotice> _notices = [];
    private readonly List<ContextEntry> _accepted = [];
    private readonly List<byte[]> _audit = [];
    private readonly Dictionary<ContentHash, JournalOperation> _operations = [];
    private int _bytes = AuditRecord.OverheadBytes;
    private int _commandBytes;
    private bool _isFull;

    public ChannelState Before { get; } = before;

    public ChannelState After { get; private set; } = before;

    public IReadOnlyList<CommitCommand> Commands => _commands;

    public IReadOnlyList<JournalEntry> Entries => _entries;

    public IReadOnlyList<Change> Changes => _changes;

    public IReadOnlyList<ChannelNotice> Notices => _notices;

    /// <summary>Entries that were provisional before it.</summary>
    public IReadOnlyList<ContextEntry> Accepted => _accepted;

    /// <summary>The operations that they answer.</summary>
    public IReadOnlyDictionary<ContentHash, JournalOperation> Operations => _operations;

    /// <summary>Decides a command in its turn. What it would do is only kept when it fits into the record.</summary>
    /// <returns>Whether it was taken; one that was not is the next batch's, as is everything after it.</returns>
    public bool TryTake(CommitCommand command, DateTimeOffset now, Func<UInt128> salts)
    {
        if (_isFull || _commands.Count >= CommandsMax || (_commandBytes > 0 && _commandBytes + command.Bytes > CommandBytesMax)) return false;
        var draft = new Draft(After, now, FindOperation, salts);
        var isGood = command.Evaluate(draft);
        if (isGood && (_entries.Count + draft.Entries.Count > EntriesMax || _bytes + command.Size > JournalBatch.BytesMax))
        {
            if (_isFull = _commands.Count > 0) return false;
            isGood = command.Size <= JournalBatch.EntryBytesMax - AuditRecord.OverheadBytes && draft.Entries.Count <= EntriesMax;
            if (!isGood) command.Refuse(new RecordTooLargeException());
        }

        _commands.Add(command);
        _commandBytes += command.Bytes;
        if (isGood) Keep(draft, command.Size);
        return true;
    }

    /// <summary>What its record has; nothing when nothing was done. Nothing is taken after it.</summary>
    public IReadOnlyList<JournalEntry> Close()
    {
        _isFull = true;
        if (_audit.Count > 0) _entries.Add(AuditRecord.Entry(Before.Audit, After.Audit, _audit));
        return _entries;
    }

    private JournalOperation? FindOperation(ContentHash id) =>
        _operations.GetValueOrDefault(id) ?? onItsWay.GetValueOrDefault(id) ?? journal.FindOperation(id);

    private void Keep(Draft draft, int size)
    {
        _bytes += size;
        After = draft.State;
        _entries.AddRange(draft.Entries);
        _audit.AddRange(draft.AuditLines);
        _changes.AddRange(draft.Commits);
        _notices.AddRange(draft.Notices);
        _accepted.AddRange(draft.Accepted);
        foreach (var operation in draft.Entries.Select(entry => entry.Operation).OfType<JournalOperation>()) _operations[operation.Id] = operation;
    }
}
