namespace Rosud.Supervision;

/// <summary>The one timer of a supervisor: rings on the grain's scheduler at the earliest instant that matters.</summary>
internal sealed class Alarm
{
    private readonly ITimer _timer;
    private DateTimeOffset? _setFor;

    public Alarm(TimeProvider provider, TaskScheduler scheduler, Action ring) => _timer = provider.CreateTimer(
        _ => Task.Factory.StartNew(ring, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler),
        null,
        Timeout.InfiniteTimeSpan,
        Timeout.InfiniteTimeSpan);

    public void Set(DateTimeOffset? at, DateTimeOffset now)
    {
        if (at == _setFor) return;
        _setFor = at;
        _timer.Change(at is { } due ? Until(due, now) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>It rang: the next <see cref="Set"/> counts, also for the same instant.</summary>
    public void Rang() => _setFor = null;

    public void Stop() => _timer.Dispose();

    // Whole milliseconds, rounded up: a timer that rings early would only be set again.
    private static TimeSpan Until(DateTimeOffset due, DateTimeOffset now) =>
        TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling((due - now).TotalMilliseconds), 0, int.MaxValue));
}
