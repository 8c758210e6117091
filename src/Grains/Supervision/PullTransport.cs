using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>Workers that wait for assignments of a pull agent, first come first served.</summary>
internal sealed class PullTransport(TimeProvider time) : IAssignmentTransport
{
    private readonly LinkedList<Waiter> _waiters = [];

    public bool Ready => _waiters.First is not null;

    public TimeSpan? Lease => _waiters.First?.Value.Request.Lease;

    public void HandOut(Assignment assignment)
    {
        var waiter = _waiters.First!.Value;
        waiter.Assignments.Add(assignment);
        waiter.Came.TrySetResult();
        if (waiter.Assignments.Count >= waiter.Request.Max) _waiters.RemoveFirst();
    }

    /// <summary>Joins the waiters. <paramref name="pump"/> hands out what is there already.</summary>
    /// <param name="gone">Ends the waiting; what was handed out before is still returned.</param>
    public async Task<ImmutableArray<Assignment>> Take(TakeRequest request, Action pump, CancellationToken gone)
    {
        var waiter = new Waiter(request);
        _waiters.AddLast(waiter);
        try
        {
            pump();
            if (waiter.Assignments.Count == 0 && request.Wait > TimeSpan.Zero) await waiter.Came.Task.WaitAsync(request.Wait, time, gone);
        }
        catch (Exception end) when (end is TimeoutException or OperationCanceledException)
        {
            // Nothing came in time, or nobody waits any more.
        }
        finally
        {
            _waiters.Remove(waiter);
        }

        return [.. waiter.Assignments];
    }

    /// <summary>Ends the waiting under this worker's name.</summary>
    public void Release(string worker)
    {
        foreach (var waiter in _waiters.Where(waiter => waiter.Request.Worker == worker).ToList())
        {
            _waiters.Remove(waiter);
            waiter.Came.TrySetResult();
        }
    }

    public void Stop(AssignmentId attempt)
    {
        // Its worker learns it from its heartbeat.
    }

    public void StopAll()
    {
        foreach (var waiter in _waiters) waiter.Came.TrySetResult();
        _waiters.Clear();
    }

    private sealed record Waiter(TakeRequest Request)
    {
        public List<Assignment> Assignments { get; } = [];

        public TaskCompletionSource Came { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
