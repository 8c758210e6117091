using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Channels;

/// <summary>The runs of one channel, as its log knows them: a value.</summary>
internal sealed record RunTable
{
    /// <summary>How many archived runs are remembered: their ids, statuses and task ids.</summary>
    public const int StubsMax = 10_000;

    public static RunTable Empty { get; } = new();

    /// <summary>Runs that are open, or ended and not archived yet.</summary>
    public ImmutableSortedDictionary<string, RunRecord> Live { get; init; } = ImmutableSortedDictionary.Create<string, RunRecord>(StringComparer.Ordinal);

    /// <summary>Archived runs.</summary>
    public ImmutableSortedDictionary<string, RunStub> Stubs { get; init; } = ImmutableSortedDictionary.Create<string, RunStub>(StringComparer.Ordinal);

    /// <summary>Which run a task id stands for.</summary>
    public ImmutableDictionary<string, string> ByTask { get; init; } = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Archived runs in the order they ended: the first is forgotten first.</summary>
    public ImmutableSortedSet<(DateTimeOffset At, string Run)> StubOrder { get; init; } = [];

    public IEnumerable<RunRecord> Open => Live.Values.Where(run => run.End is null);

    public RunTable With(RunRecord record)
    {
        var accepted = record.Accepted;
        return this with
        {
            Live = Live.SetItem(accepted.Run.Name, record),
            ByTask = accepted.Task.Id is { } id ? ByTask.SetItem(id, accepted.Run.Name) : ByTask,
        };
    }

    public RunTable Archive(RunStub stub) => this with
    {
        Live = Live.Remove(stub.Run.Name),
        Stubs = Stubs.SetItem(stub.Run.Name, stub),
        StubOrder = StubOrder.Add((stub.End.At, stub.Run.Name)),
        ByTask = stub.TaskId is { } id ? ByTask.SetItem(id, stub.Run.Name) : ByTask,
    };

    public RunTable Forget(RunStub stub) => this with
    {
        Stubs = Stubs.Remove(stub.Run.Name),
        StubOrder = StubOrder.Remove((stub.End.At, stub.Run.Name)),
        ByTask = stub.TaskId is { } id && ByTask.GetValueOrDefault(id) == stub.Run.Name ? ByTask.Remove(id) : ByTask,
    };

    /// <summary>The run that a task id stands for, with the hash of its task.</summary>
    public (RunId Run, ContentHash TaskHash)? FindTask(string taskId)
    {
        if (!ByTask.TryGetValue(taskId, out var name)) return null;
        if (Live.TryGetValue(name, out var record)) return (record.Accepted.Run, record.Accepted.TaskHash);
        return Stubs.TryGetValue(name, out var stub) ? (stub.Run, stub.TaskHash) : null;
    }
}
