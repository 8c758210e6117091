namespace Rosud.Supervision;

/// <summary>The time that supervisors live by. Apart from the silo's own, so that a test can move it.</summary>
internal sealed class SupervisionTime(TimeProvider provider)
{
    public TimeProvider Provider { get; } = provider;

    /// <summary>A clock for one activation. Starts at the wall clock and then only goes forward, whatever the wall clock does.</summary>
    public SupervisionClock Start() => new(Provider, Provider.GetUtcNow(), Provider.GetTimestamp());
}

/// <summary>A clock that never goes back.</summary>
internal sealed class SupervisionClock(TimeProvider provider, DateTimeOffset startedAt, long startStamp)
{
    public DateTimeOffset Now => startedAt + provider.GetElapsedTime(startStamp);
}
