using Orleans.Concurrency;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>One execution of a task. Drives it while it runs, and keeps its result afterwards.</summary>
/// <remarks>Keyed <c>tenant/run</c>. A call to a run whose driver was lost brings the driver back.</remarks>
[Alias("rosud.run")]
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>The run as it stands or ended, or a <c>not-found</c> problem.</summary>
    [Alias("describe")]
    Task<RunOutcome> Describe();

    /// <summary>Ends the run as canceled unless it has ended; durable when it returns. Running agents are told.</summary>
    [Alias("cancel")]
    Task<RunOutcome> Cancel();

    /// <summary>Answers one of the run's questions; durable when it counts. The same answer again is answered the same, another is refused.</summary>
    /// <remarks>An answer counts while the question is open and nothing that it rests on has changed (by hash): the channel's log decides, in its order.</remarks>
    [Alias("answer")]
    Task<AnswerOutcome> Answer(GivenAnswer answer);

    /// <summary>Tells <paramref name="observer"/> when the run ends, for the next 15 seconds; repeat it to stay. Answers the run as it stands.</summary>
    [Alias("watch")]
    Task<RunOutcome> Watch(IRunObserver observer);
}

/// <summary>Is told when a run ends.</summary>
[Alias("rosud.run-observer")]
public interface IRunObserver : IGrainObserver
{
    /// <summary>The run ended. May come more than once.</summary>
    [OneWay, Alias("ended")]
    Task Ended(RunResult result);
}

/// <summary>The answer to describing or cancelling a run.</summary>
[GenerateSerializer, Immutable, Alias("rosud.run-outcome")]
public abstract record RunOutcome
{
    private RunOutcome() { }

    /// <summary>The run as it stands or ended.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.run-found")]
    public sealed record Found([property: Id(0)] RunResult Result) : RunOutcome;

    /// <summary>There is no such run.</summary>
    [GenerateSerializer, Immutable, Alias("rosud.run-refused")]
    public sealed record Refused([property: Id(0)] Problem Problem) : RunOutcome;
}
