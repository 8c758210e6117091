using System.Text;
using Rosud.Context;
using Rosud.Histories;
using Rosud.Runs;

namespace Rosud.Simulation;

/// <summary>One caller: reads, writes what it makes of what it read, and repeats what was not answered.</summary>
internal sealed class SimulatedSession(int number, ChannelSimulation simulation, Random random)
{
    private const int Operations = 8;
    private const int AttemptsMax = 6;

    private static readonly string[] Keys = ["a", "b", "c"];

    private static readonly string[] Tasks = ["t-1", "t-2"];

    private long _seen;
    private int _asked;

    public List<WriteOperation> Writes { get; } = [];

    public List<ReadOperation> Reads { get; } = [];

    /// <summary>The run that each task was said to be.</summary>
    public List<TaskRun> Runs { get; } = [];

    public async Task Run()
    {
        for (var operation = 0; operation < Operations && !simulation.IsEnding; operation++)
        {
            await simulation.Turn();
            var what = random.Next(12);
            if (what < 4) await Read();
            else if (what == 4) await Coordinate(Tasks[random.Next(Tasks.Length)]);
            else await Write($"{number}-{operation}");
        }
    }

    private async Task Read()
    {
        var invoked = simulation.Now;
        if (await (await simulation.Serving()).ReadAll() is not { } view) return;
        Reads.Add(new(number, invoked, simulation.Now, view.Version.Number, Recorded.Content(view)));
        _seen = view.Version.Number;
    }

    // As a channel does: every call makes a run of its own, which counts only when the task has none.
    private async Task Coordinate(string task)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var run = new SimulatedRun(task, $"r{number}x{++_asked}").Accepted;
            if (await (await simulation.Serving()).Coordinate(run) is CoordinateOutcome.Accepted accepted)
            {
                Runs.Add(new(task, accepted.Run.Name));
                return;
            }

            await simulation.Turn();
        }
    }

    private async Task Write(string operation)
    {
        var keys = Keys.Where(_ => random.Next(2) == 0).DefaultIfEmpty("a").ToList();
        var relies = random.Next(2) == 0;
        string[] reads = relies ? [Keys[random.Next(Keys.Length)]] : [];
        var patch = new ContextPatch
        {
            Writes = [.. keys.Select(key => new ContextWrite(new(key), JsonValue.Parse(Recorded.Value(operation, key))))],
            BasedOn = relies ? new(_seen) : null,
            Reads = [.. reads.Select(read => new KeyPattern(read))],
            Origin = new($"session-{number}"),
            OperationId = operation,
            BodyHash = ContentHash.Of(Encoding.UTF8.GetBytes(operation)),
        };
        var write = new WriteOperation(number, operation, Recorded.Entries(patch.Writes), simulation.Now, simulation.Now) { BasedOn = patch.BasedOn?.Number, Reads = [.. reads] };
        Writes.Add(write);
        var told = await Told(write, simulation.Mutated(patch)) with { Answered = simulation.Now };
        Writes[^1] = told;
        if (told.Told is Histories.Told.Accepted or Histories.Told.Stale) _seen = Math.Max(_seen, told.Version);
    }

    private async Task<WriteOperation> Told(WriteOperation write, ContextPatch patch)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            switch (await (await simulation.Serving()).Commit(patch))
            {
                case PatchOutcome.Applied applied:
                    return write with { Told = Histories.Told.Accepted, Version = applied.Version.Number };
                case PatchOutcome.Stale stale:
                    // Certain also after attempts that nobody heard of: had one landed, this one would have its answer.
                    return write with { Told = Histories.Told.Stale, Version = stale.Version.Number };
                case PatchOutcome.Refused refused:
                    throw new InvalidOperationException(refused.Problem.Detail);
                case null when random.Next(6) == 0:
                    return write;
                case null:
                    await simulation.Turn();
                    break;
            }
        }

        return write;
    }
}
