namespace Rosud.Agents;

/// <summary>An agent's handler says that it could not do its assignment, and whether another attempt could.</summary>
/// <remarks>Any other exception of a handler is a failure that may be retried, with the exception's type and message as its reason.</remarks>
/// <param name="reason">Why, in a sentence. At most 4,096 characters; longer is cut.</param>
/// <param name="retryable">Whether another attempt could succeed. Default true.</param>
public sealed class AgentFailureException(string reason, bool retryable = true) : Exception(reason)
{
    /// <summary>What is told to the agent's supervisor.</summary>
    public Failure Failure { get; private init; } = new() { Reason = reason, Retryable = retryable };

    /// <summary>The agent is throttled, for example by its model's rate limit: try again after <paramref name="wait"/>. Spends no retry and does not count in the breaker.</summary>
    public static AgentFailureException Deferred(TimeSpan wait, string reason = "The agent is throttled.") =>
        new(reason) { Failure = new() { Reason = reason, RetryAfter = wait } };

    /// <summary>What an exception of a handler tells its supervisor.</summary>
    internal static Failure Of(Exception fault) => fault is AgentFailureException said ? said.Failure : new() { Reason = $"{fault.GetType().Name}: {fault.Message}" };
}
