using System.Collections.Concurrent;
using Rosud.Journal;

namespace Rosud.Supervision;

/// <summary>Durable values that outlive activations, in memory.</summary>
internal sealed class MemoryJournals : IJournals
{
    private readonly ConcurrentDictionary<GrainId, object> _values = new();

    public IJournal Open(GrainId grain) => throw new NotSupportedException();

    public IDurableValue<T> OpenValue<T>(GrainId grain)
        where T : class => new MemoryValue<T>(_values, grain);

    private sealed class MemoryValue<T>(ConcurrentDictionary<GrainId, object> values, GrainId grain) : IDurableValue<T>
        where T : class
    {
        public T? Value { get; private set; }

        public long Epoch => 1;

        public Task Activate(CancellationToken cancellationToken)
        {
            Value = values.GetValueOrDefault(grain) as T;
            return Task.CompletedTask;
        }

        public Task Write(T value)
        {
            values[grain] = Value = value;
            return Task.CompletedTask;
        }
    }
}
