using System.Diagnostics.CodeAnalysis;

namespace Rosud.Supervision;

/// <summary>
/// Threads of their own for the code of agents: code that blocks holds up other agents' code for a moment at most, and never the silo, whose pool can
/// stay as small as the machine is.
/// </summary>
/// <remarks>
/// As many threads as processors are there at once. While work waits and none of it has begun within <see cref="Patience"/>, their number doubles, up to
/// <see cref="ThreadsMax"/>; a thread that has had nothing to do for <see cref="IdleMax"/> ends. What an agent awaits comes back here, unless it says otherwise.
/// </remarks>
internal sealed class AgentThreads : TaskScheduler, IDisposable
{
    /// <summary>The most threads; what comes beyond that waits.</summary>
    public const int ThreadsMax = 1_024;

    /// <summary>How long all threads may be busy with nothing begun before there are more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    /// <summary>How long a thread stays that has nothing to do.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(20);

    [ThreadStatic]
    private static AgentThreads? _mine;

    private readonly Lock _lock = new();
    private readonly Queue<Task> _waiting = new();
    private readonly Stack<Idler> _idle = new();
    private readonly ITimer _gate;
    private int _threads;
    private long _begun;
    private long _begunBefore;
    private bool _isWatched;
    private bool _isOver;

    public AgentThreads(TimeProvider time) => _gate = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

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
        _gate.Dispose();
        lock (_lock)
        {
            _isOver = true;
            while (_idle.TryPop(out var idler)) idler.Wake(null);
        }
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

            _waiting.Enqueue(task);
            if (_threads < Environment.ProcessorCount) Add();
            else Watch();
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => _mine == this && !taskWasPreviouslyQueued && TryExecuteTask(task);

    [ExcludeFromCodeCoverage(Justification = "For debuggers.")]
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_lock) return [.. _waiting];
    }

    private void Watch()
    {
        if (_isWatched || _threads >= ThreadsMax || _isOver) return;
        _isWatched = true;
        _begunBefore = _begun;
        _gate.Change(Patience, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        lock (_lock)
        {
            _isWatched = false;
            if (_waiting.Count == 0) return;
            if (_begun == _begunBefore)
            {
                for (var more = Math.Min(_waiting.Count, Math.Min(_threads, ThreadsMax - _threads)); more > 0; more--) Add();
            }

            Watch();
        }
    }

    private void Add()
    {
        _threads++;
        new Thread(Work) { IsBackground = true, Name = "rosud-agents" }.UnsafeStart();
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
            if (_waiting.TryDequeue(out var task)) return task;
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
        private readonly ManualResetEventSlim _woken = new(false, spinCount: 0);
        private Task? _task;

        public void Wake(Task? task)
        {
            _task = task;
            _woken.Set();
        }

        public Task? Wait() => _woken.Wait(IdleMax) ? Take() : null;

        public Task? Take()
        {
            _woken.Reset();
            var task = _task;
            _task = null;
            return task;
        }
    }
}
