namespace Rosud.Agents;

/// <summary>Lets one piece of work through at a time, in the order of arrival, in a grain whose calls interleave.</summary>
internal sealed class Gate
{
    private Task _last = Task.CompletedTask;

    public Task<T> Enter<T>(Func<Task<T>> work)
    {
        var next = After(_last, work);
        _last = next;
        return next;
    }

    private static async Task<T> After<T>(Task last, Func<Task<T>> work)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        return await work();
    }
}
