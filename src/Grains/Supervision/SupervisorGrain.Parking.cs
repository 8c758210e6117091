namespace Rosud.Supervision;

// Calls that wait here. When a silo dies, the runtime ends the activations elsewhere that it had registered; one that is being ended takes no call before those that it has begun
// are over, and its runs would wait for a supervisor that waits for them.
internal sealed partial class SupervisorGrain
{
    private static readonly TimeSpan Unsettled = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ParkWhileUnsettled = TimeSpan.FromMilliseconds(100);
    private DateTimeOffset _unsettledUntil;

    // A silo has died: whoever waits here asks again, and does not wait long until it is clear which activations stay.
    private void LetGo()
    {
        _unsettledUntil = Now + Unsettled;
        _watchers.TellAll();
        (_transport as PullTransport)?.StopAll();
        _settling.LetGo();
    }

    private TimeSpan Parked(TimeSpan wait) => wait > ParkWhileUnsettled && Now < _unsettledUntil ? ParkWhileUnsettled : wait;
}
