using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>A tenant's runs.</summary>
public interface IRuns
{
    /// <summary>The run of this id, without asking whether it is there.</summary>
    /// <exception cref="ArgumentException"><paramref name="id"/> cannot name a run.</exception>
    IRun Open(string id);
}

/// <summary>One run: one execution of a task. Durable: it ends, whatever happens to this process or the silos.</summary>
public interface IRun
{
    /// <summary>Its id.</summary>
    string Id { get; }

    /// <summary>The run as it stands or ended.</summary>
    /// <exception cref="RefusedException"><c>not-found</c>.</exception>
    Task<RunResult> Describe(CancellationToken cancellationToken = default);

    /// <summary>Waits for the run's end.</summary>
    /// <param name="longest">How long to wait; null as long as the token allows.</param>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    /// <returns>The run: ended, or after <paramref name="longest"/> as it then stands.</returns>
    Task<RunResult> Result(TimeSpan? longest = null, CancellationToken cancellationToken = default);

    /// <summary>Ends the run as canceled unless it has ended; durable when it returns. Running agents are told.</summary>
    Task<RunResult> Cancel(CancellationToken cancellationToken = default);
}
