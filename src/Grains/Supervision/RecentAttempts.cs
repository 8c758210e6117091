using System.Collections.Immutable;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>Something about each of the last attempts; the oldest are forgotten. A value.</summary>
internal sealed record RecentAttempts<T>(int Limit)
    where T : class
{
    private ImmutableDictionary<AssignmentId, T> Values { get; init; } = ImmutableDictionary<AssignmentId, T>.Empty;

    private ImmutableQueue<AssignmentId> Order { get; init; } = [];

    public T? Find(AssignmentId attempt) => Values.GetValueOrDefault(attempt);

    public RecentAttempts<T> With(AssignmentId attempt, T value)
    {
        if (Values.ContainsKey(attempt)) return this with { Values = Values.SetItem(attempt, value) };
        var next = this with { Values = Values.Add(attempt, value), Order = Order.Enqueue(attempt) };
        return next.Values.Count > Limit
            ? next with { Values = next.Values.Remove(next.Order.Peek()), Order = next.Order.Dequeue() }
            : next;
    }
}
