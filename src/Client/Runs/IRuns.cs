using Rosud.Context;
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

    /// <summary>Why it was slow, why it went wrong and why it stopped, in plain sentences with their evidence.</summary>
    /// <exception cref="RefusedException"><c>not-found</c>.</exception>
    Task<RunExplanation> Explain(CancellationToken cancellationToken = default);

    /// <summary>Waits for the run's end; goes on waiting when a silo is lost. However the run ends is a result with a status, never an exception.</summary>
    /// <param name="longest">How long to wait, 0 or more; null as long as the token allows.</param>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    /// <returns>The run: ended, or after <paramref name="longest"/> as it then stands (<see cref="RunResult.HasEnded"/> tells them apart).</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="longest"/> is negative.</exception>
    /// <exception cref="RefusedException"><c>not-found</c>: there is no such run.</exception>
    /// <exception cref="UnknownOutcomeException">The cluster has not answered for <c>Rosud:Client:CallTimeout</c> beyond <paramref name="longest"/>. The run goes on.</exception>
    Task<RunResult> Result(TimeSpan? longest = null, CancellationToken cancellationToken = default);

    /// <summary>Answers a question that the run has asked a person (<see cref="RunResult.Questions"/>); durable when it returns. The same answer again gives the same answer.</summary>
    /// <param name="question">The question's id.</param>
    /// <param name="value">The answer, at most 16 KiB; must fit the question's schema.</param>
    /// <param name="by">Who answers, for the record; null when that is not known.</param>
    /// <param name="cancellationToken">Ends the waiting; the answer may count.</param>
    /// <returns>The question with the answer that counts.</returns>
    /// <exception cref="RefusedException">
    /// <c>stale-context</c>: what the question rests on has changed, and it is asked anew under another id. <c>already-exists</c>: another answer counts.
    /// <c>fenced</c>: its time is over, or the run has ended. <c>invalid-request</c>: the answer breaks the schema. <c>not-found</c>.
    /// </exception>
    Task<Question> Answer(string question, JsonValue value, string? by = null, CancellationToken cancellationToken = default);

    /// <summary>Ends the run as canceled unless it has ended; durable when it returns. Running agents are told. Repeating it changes nothing.</summary>
    /// <param name="cancellationToken">Ends the waiting; the run may be canceled all the same.</param>
    /// <returns>The run as it ended: a run that had ended before has the status of then.</returns>
    /// <exception cref="RefusedException"><c>not-found</c>.</exception>
    Task<RunResult> Cancel(CancellationToken cancellationToken = default);
}
