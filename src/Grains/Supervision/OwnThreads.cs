using System.Diagnostics;

namespace Rosud.Supervision;

/// <summary>
/// Threads of their own for work that may block, such as agents' code: it holds up other such work for a moment at most, and never the silo, whose pool
/// can stay as small as the machine is.
/// </summary>
/// <remarks>
/// As many threads as processors are there at once. While the oldest work has waited for <see cref="Patience"/> there is one more at each look, and twice as
/// many when none has begun since the last, up to <see cref="ThreadsMax"/>; a thread that has had nothing to do for <see cref="IdleMax"/> ends. What the work
/// awaits comes back here, unless it says otherwise.
/// </remarks>
internal sealed class OwnThreads : TaskScheduler, IDisposable
{
    /// <summary>The most threads; what comes beyond that waits.</summary>
    public const int ThreadsMax = 1_024;

    /// <summary>How long work waits before there are more threads.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    /// <summary>How long a thread stays that has nothing to do.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(20);

    [ThreadStatic]
    private static OwnThreads? _mine;

    private readonly Lock _lock = new();
    private readonly Queue<(Task Task, long At)> _waiting = new();
    private readonly Stack<Idler> _idle = new();
    private readonly string _name;
    private readonly ITimer _gate;
    private int _threads;
    private long _begun;
    private long _begunBefore;
    private bool _isWatched;
    private bool _isOver;

    /// <param name="name">Of the threads.</param>
    public OwnThreads(string name)
    {
        _name = name;
        _gate = TimeProvider.System.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many threads there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _threads;
        }
    }

    public override int MaximumConcurrencyLevel => ThreadsMax;

    /// <summary>Threads that have nothing to do end; the others when their work does.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            while (_idle.TryPop(out var idler)) idler.Wake(null);
        }

        _gate.Dispose();
    }

    protected override void QueueTask(Task task)
    {
        lock (_lock)
        {
            if (_idle.TryPop(out var idler))
            {
                idler.Wake(task);
                return;
            }

            _waiting.Enqueue((task, Stopwatch.GetTimestamp()));
            if (_threads >= Environment.ProcessorCount)
            {
                Watch();
                return;
            }

            _threads++;
        }

        Start(1);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => _mine == this && !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_lock) return [.. _waiting.Select(waiting => waiting.Task)];
    }

    private void Watch()
    {
        if (_isWatched || _isOver) return;
        _isWatched = true;
        _begunBefore = _begun;
        _gate.Change(Patience, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        var more = 0;
        lock (_lock)
        {
            _isWatched = false;
            if (!_waiting.TryPeek(out var oldest)) return;
            if (Stopwatch.GetElapsedTime(oldest.At) >= Patience)
            {
                more = Math.Min(Math.Min(_waiting.Count, ThreadsMax - _threads), _begun == _begunBefore ? Math.Max(1, _threads) : 1);
                _threads += more;
            }

            Watch();
        }

        Start(more);
    }

    // The system may have no thread left to give: then what waits is looked after again.
    private void Start(int more)
    {
        try
        {
            for (; more > 0; more--) new Thread(Work) { IsBackground = true, Name = _name }.UnsafeStart();
        }
        catch (Exception fault) when (fault is OutOfMemoryException or ThreadStartException)
        {
            lock (_lock)
            {
                _threads -= more;
                Watch();
            }
        }
    }

    private void Work()
    {
        _mine = this;
        var idler = new Idler();
        while (Next(idler) is { } task) TryExecuteTask(task);
    }

    private Task? Next(Idler idler)
    {
        lock (_lock)
        {
            _begun++;
            if (_waiting.TryDequeue(out var oldest)) return oldest.Task;
            if (_isOver) return Gone();
            _idle.Push(idler);
        }

        if (idler.Wait() is { } given) return given;
        lock (_lock)
        {
            // Woken for the end, or not at all; or just now, while it gave up.
            if (idler.Take() is { } late) return late;
            Forget(idler);
            return Gone();
        }
    }

    private Task? Gone()
    {
        _threads--;
        return null;
    }

    private void Forget(Idler gone)
    {
        var others = _idle.Where(idler => idler != gone).Reverse().ToList();
        _idle.Clear();
        foreach (var idler in others) _idle.Push(idler);
    }

    // A thread that waits. The last to come is the first to go on: its caches are warm, and those at the bottom end.
    private sealed class Idler
    {
        private readonly Queue<Task?> _given = new(1);

        /// <param name="task">What to do; null at the end.</param>
        public void Wake(Task? task)
        {
            lock (_given)
            {
                _given.Enqueue(task);
                Monitor.Pulse(_given);
            }
        }

        public Task? Wait()
        {
            lock (_given)
            {
                if (_given.Count == 0) Monitor.Wait(_given, IdleMax);
                return Take();
            }
        }

        public Task? Take()
        {
            lock (_given) return _given.TryDequeue(out var task) ? task : null;
        }
    }
}
