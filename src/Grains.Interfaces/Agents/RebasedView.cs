using System.Collections.Immutable;
using Rosud.Context;

namespace Rosud.Agents;

/// <summary>The view of one attempt at work: what it was handed, with what its handler has taken in since. Any thread may use it.</summary>
internal sealed class RebasedView(ContextView handed)
{
    private readonly Lock _lock = new();
    private readonly ContextView _handed = handed;
    private ContextView _current = handed;
    private ChangedContext? _offered;
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ContextView Current
    {
        get
        {
            lock (_lock) return _current;
        }
    }

    public bool HasChanged
    {
        get
        {
            lock (_lock) return _offered is not null;
        }
    }

    /// <summary>Something has changed; what was offered before is part of it.</summary>
    public void Offer(ChangedContext? changed)
    {
        lock (_lock)
        {
            if (changed is null || changed.Context.Version <= _current.Version) return;
            _offered = changed;
            _came.TrySetResult();
        }
    }

    public Task WhenChanged(CancellationToken stopped)
    {
        lock (_lock) return _came.Task.WaitAsync(stopped);
    }

    public ImmutableArray<ContextKey> Rebase()
    {
        lock (_lock)
        {
            if (_offered is not { } offered) return [];
            _offered = null;
            _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _current = offered.Into(_handed);
            return offered.Change.Keys;
        }
    }

    /// <summary>The completion, resting on what was taken in.</summary>
    public Completion Complete(Completion completion)
    {
        lock (_lock) return completion.BasedOn is null && _current.Version > _handed.Version ? completion with { BasedOn = _current.Version } : completion;
    }
}
