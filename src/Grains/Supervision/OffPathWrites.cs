using Microsoft.Extensions.Logging;
using Rosud.Journal;

namespace Rosud.Supervision;

/// <summary>Keeps the durable record up to date beside the calls, newest state only. Lives on the grain's scheduler.</summary>
/// <param name="current">The state to write.</param>
/// <param name="fenced">A newer activation writes now.</param>
internal sealed class OffPathWrites<T>(IDurableValue<T> durable, Func<T> current, Action fenced, TimeProvider time, ILogger logger)
    where T : class
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private Task _writing = Task.CompletedTask;
    private bool _wanted;

    /// <summary>Whether this activation can no longer write: then what was requested last may not be stored.</summary>
    public bool IsFenced { get; private set; }

    /// <summary>The state has changed. The task ends when it is durable, or this activation is fenced.</summary>
    public Task Request()
    {
        _wanted = true;
        return _writing = _writing.IsCompleted ? Write() : _writing;
    }

    /// <summary>Waits for a write that is under way, but not for storage that is away.</summary>
    public async Task Finish() =>
        await _writing.WaitAsync(TimeSpan.FromSeconds(2), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task Write()
    {
        try
        {
            while (_wanted)
            {
                _wanted = false;
                if (!await Try()) await Task.Delay(Pause, time, CancellationToken.None);
            }
        }
        catch (JournalFencedException)
        {
            IsFenced = true;
            fenced();
        }
    }

    private async Task<bool> Try()
    {
        try
        {
            await durable.Write(current());
            return true;
        }
        catch (Exception fault) when (fault is not JournalFencedException)   // Storage is away: the calls go on, the state waits.
        {
            logger.LogWarning(fault, "A supervisor's state could not be stored; it is tried again.");
            _wanted = true;
            return false;
        }
    }
}
