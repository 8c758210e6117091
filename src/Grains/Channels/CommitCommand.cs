using Rosud.Journal;

namespace Rosud.Channels;

/// <summary>A command that waits for its turn, and whoever waits for its answer.</summary>
/// <param name="bytes">About how much it will write.</param>
internal abstract class CommitCommand(int bytes)
{
    public int Bytes { get; } = bytes;

    /// <summary>How many bytes what it does has in a record; 0 until it was evaluated.</summary>
    public int Size { get; protected set; }

    /// <summary>Decides; may be repeated on another draft.</summary>
    /// <returns>Whether what it did is to be kept.</returns>
    public abstract bool Evaluate(Draft draft);

    public abstract void Answer();

    /// <summary>The command's answer is this fault; nothing of it is kept.</summary>
    public abstract void Refuse(Exception fault);

    public abstract void Fail(Exception fault);
}

/// <inheritdoc/>
internal sealed class CommitCommand<T>(Func<Draft, T> decide, int bytes) : CommitCommand(bytes)
{
    private readonly TaskCompletionSource<T> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _answer = default!;
    private Exception? _fault;

    public Task<T> Answered => _answered.Task;

    // A command that throws is a fault of ours: it alone fails, and nothing of its draft is kept.
    public override bool Evaluate(Draft draft)
    {
        _fault = null;
        try
        {
            _answer = decide(draft);
            draft.Finish();
            Size = draft.Entries.Sum(JournalBatch.SizeOf) + draft.AuditLines.Sum(line => line.Length + 1);
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _fault = fault;
            return false;
        }
    }

    public override void Answer()
    {
        if (_fault is null) _answered.TrySetResult(_answer);
        else _answered.TrySetException(_fault);
    }

    public override void Refuse(Exception fault) => _fault = fault;

    public override void Fail(Exception fault) => _answered.TrySetException(fault);
}
