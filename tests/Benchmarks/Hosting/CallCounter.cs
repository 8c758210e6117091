using System.Collections.Concurrent;

namespace Rosud.Hosting;

/// <summary>Counts the calls that grains of a silo get, by interface and method. In no host that is timed.</summary>
internal sealed class CallCounter : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> _calls = new();

    /// <summary>How often each method was called since the last <see cref="Clear"/>, the busiest first.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Calls => [.. _calls.OrderByDescending(call => call.Value).ThenBy(call => call.Key, StringComparer.Ordinal)];

    public void Clear() => _calls.Clear();

    public Task Invoke(IIncomingGrainCallContext context)
    {
        // Streams and reminders of the runtime are called through interfaces of its own.
        if (context.InterfaceMethod.DeclaringType is { Namespace: { } space } type && space.StartsWith("Rosud", StringComparison.Ordinal))
        {
            _calls.AddOrUpdate($"{type.Name}.{context.InterfaceMethod.Name}", 1, (_, count) => count + 1);
        }

        return context.Invoke();
    }
}
