using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>How assignments reach the agent. A plain object of the supervisor's activation, so that admitting and handing out are one turn.</summary>
/// <remarks>Called on the supervisor's scheduler only. What it runs elsewhere comes back as calls to the supervisor.</remarks>
internal interface IAssignmentTransport
{
    /// <summary>Whether somebody takes an assignment right now.</summary>
    bool Ready { get; }

    /// <summary>How long the one who takes the next assignment may be silent; null for as long as the attempt lasts.</summary>
    TimeSpan? Lease { get; }

    /// <summary>Gives an assignment to the one who is ready.</summary>
    void HandOut(Assignment assignment);

    /// <summary>The attempt is over: whoever works on it is told. Harmless for attempts that it does not have.</summary>
    void Stop(AssignmentId attempt);

    /// <summary>What the attempt was handed has changed and can be taken in: whoever is reached from here is told. Others learn it from their heartbeat.</summary>
    void Rebase(AssignmentId attempt, ChangedContext changed)
    {
    }

    /// <summary>The supervisor stops: everybody is told.</summary>
    void StopAll();
}
