using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>Heartbeats that wait for news of their attempt.</summary>
internal sealed class Watchers(TimeProvider time)
{
    private readonly Dictionary<AssignmentId, TaskCompletionSource> _news = [];

    /// <summary>Returns when the attempt is over, at the latest after <paramref name="wait"/>.</summary>
    public async Task Wait(AssignmentId attempt, TimeSpan wait)
    {
        if (!_news.TryGetValue(attempt, out var news)) _news[attempt] = news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await news.Task.WaitAsync(wait, time);
        }
        catch (TimeoutException)
        {
            // No news.
        }
    }

    public void Tell(AssignmentId attempt)
    {
        if (_news.Remove(attempt, out var news)) news.TrySetResult();
    }

    public void TellAll()
    {
        foreach (var news in _news.Values) news.TrySetResult();
        _news.Clear();
    }
}
