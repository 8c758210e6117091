using System.Diagnostics;

namespace Rosud.Storage;

/// <summary>The only writer of a store: all writes that wait when it looks become durable in one transaction.</summary>
/// <remarks>
/// It has a thread of its own, because it spends its life waiting for the disk and must go on when the thread pool is
/// starved. While one transaction is on its way to the disk the next one gathers, so load makes transactions larger, not longer queues.
/// </remarks>
internal sealed class GroupCommit : IDisposable
{
    private const int BatchWritesMax = 512;
    private const int BatchBytesMax = 8 * 1024 * 1024;
    private const int WaitingMax = 4096;
    private static readonly TimeSpan LingerMax = TimeSpan.FromMicroseconds(100);

    private readonly Func<SqliteSession> _open;
    private readonly Queue<PendingWrite> _waiting = new();
    private readonly SemaphoreSlim _room = new(WaitingMax);
    private readonly Thread _thread;
    private int _arrived;   // As many as wait; to be looked at without the lock.
    private bool _stopping;

    /// <param name="open">Opens the session to write with; again after a transaction failed.</param>
    public GroupCommit(Func<SqliteSession> open)
    {
        _open = open;
        _thread = new(Loop) { IsBackground = true, Name = "rosud-store" };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> inside the next transaction; durable when it returns.</summary>
    /// <param name="work">Short and synchronous. When it throws, nothing of its whole transaction is kept.</param>
    /// <param name="bytes">About how much it writes.</param>
    /// <exception cref="StoreWriteException">The transaction failed: whether it landed is unknown.</exception>
    public async Task<T> Write<T>(Func<SqliteSession, T> work, int bytes)
    {
        await _room.WaitAsync();
        var pending = new PendingWrite<T>(work, bytes);
        lock (_waiting)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _waiting.Enqueue(pending);
            _arrived = _waiting.Count;
            Monitor.Pulse(_waiting);
        }

        return await pending.Answer;
    }

    /// <summary>Writes what waits, then stops.</summary>
    public void Dispose()
    {
        lock (_waiting)
        {
            _stopping = true;
            Monitor.Pulse(_waiting);
        }

        _thread.Join();
    }

    private void Loop()
    {
        SqliteSession? session = null;
        var batch = new List<PendingWrite>();
        while (TakeBatch(batch))
        {
            try
            {
                session ??= _open();
                Commit(session, batch);
                foreach (var write in batch) write.Succeed();
            }
            catch (Exception failure)
            {
                // Whatever went wrong, a fresh session knows only what is on disk.
                session?.Dispose();
                session = null;
                foreach (var write in batch) write.Fail(failure);
            }

            _room.Release(batch.Count);
        }

        session?.Dispose();
    }

    private bool TakeBatch(List<PendingWrite> batch)
    {
        if (batch.Count == 1) Linger();
        batch.Clear();
        lock (_waiting)
        {
            while (_waiting.Count == 0)
            {
                if (_stopping) return false;
                Monitor.Wait(_waiting);
            }

            for (var bytes = 0; batch.Count < BatchWritesMax && bytes < BatchBytesMax && _waiting.TryDequeue(out var write); bytes += write.Bytes)
            {
                batch.Add(write);
            }

            _arrived = _waiting.Count;
        }

        return true;
    }

    // Whoever was alone with its write often writes again at once, and to be woken takes longer than to be still awake. Of many at once another is never far.
    private void Linger()
    {
        for (var began = Stopwatch.GetTimestamp(); Volatile.Read(ref _arrived) == 0 && Stopwatch.GetElapsedTime(began) < LingerMax;) Thread.Yield();
    }

    private static void Commit(SqliteSession session, List<PendingWrite> batch)
    {
        session.Execute("BEGIN IMMEDIATE");
        foreach (var write in batch) write.Run(session);
        session.Execute("COMMIT");
    }

    private abstract class PendingWrite(int bytes)
    {
        public int Bytes { get; } = bytes;

        public abstract void Run(SqliteSession session);

        public abstract void Succeed();

        public abstract void Fail(Exception cause);
    }

    private sealed class PendingWrite<T>(Func<SqliteSession, T> work, int bytes) : PendingWrite(bytes)
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _value;

        public Task<T> Answer => _answer.Task;

        public override void Run(SqliteSession session) => _value = work(session);

        public override void Succeed() => _answer.SetResult(_value!);

        public override void Fail(Exception cause) => _answer.SetException(new StoreWriteException(cause));
    }
}

/// <summary>A transaction failed; its writes may or may not be on disk. Read before writing again.</summary>
internal sealed class StoreWriteException(Exception cause) : Exception($"The store could not write: {cause.Message}", cause);
