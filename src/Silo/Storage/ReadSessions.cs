using System.Collections.Concurrent;
using Rosud.Supervision;

namespace Rosud.Storage;

/// <summary>Sessions for reading. A read sees everything that was acknowledged before it began, and never waits for the writer.</summary>
internal sealed class ReadSessions(Func<SqliteSession> open, int sessionsMax) : IDisposable
{
    private readonly ConcurrentBag<SqliteSession> _idle = [];
    private readonly OwnThreads _threads = new("rosud-reads");
    private readonly SemaphoreSlim _permits = new(sessionsMax);

    /// <summary>Runs <paramref name="read"/> off the caller's scheduler: pages may have to come from the disk.</summary>
    public async Task<T> Read<T>(Func<SqliteSession, T> read)
    {
        await _permits.WaitAsync();
        try
        {
            return await Task.Factory.StartNew(() => Run(read), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _threads);
        }
        finally
        {
            _permits.Release();
        }
    }

    public void Dispose()
    {
        _threads.Dispose();
        while (_idle.TryTake(out var session)) session.Dispose();
    }

    private T Run<T>(Func<SqliteSession, T> read)
    {
        var session = _idle.TryTake(out var idle) ? idle : open();
        try
        {
            var answer = read(session);
            _idle.Add(session);
            return answer;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
