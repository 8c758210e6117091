namespace Rosud.W4;

/// <summary>What came of one task, as its user sees it.</summary>
/// <param name="Task">Which.</param>
/// <param name="Value">What came out; null when there was an error instead.</param>
/// <param name="Began">Time of the run when it was asked for.</param>
/// <param name="Took">Until the user knew.</param>
/// <param name="Error">What the user was told instead.</param>
internal sealed record Seen(int Task, string? Value, TimeSpan Began, TimeSpan Took, string Error = "");

/// <summary>Does tasks, one at a time in each lane.</summary>
internal interface IArm : IAsyncDisposable
{
    /// <summary>What is done to its hosts.</summary>
    Harms Harms { get; }

    /// <summary>Has a task done as a user would.</summary>
    Task<Seen> Do(int lane, int task);

    /// <summary>Does to the world or to a host what is more than an agent can do. Returns when the agent may answer.</summary>
    Task Harm(FaultKind kind, int task);

    /// <summary>Looks afterwards at what was promised.</summary>
    Task Check(Measuring.Notebook notes);
}
