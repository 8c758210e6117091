using Orleans.Runtime.Messaging;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>Knows the faults after which a call may or may not have happened.</summary>
internal static class LostCalls
{
    /// <summary>Whether the runtime may have lost the call before, during or after the actor's turn.</summary>
    public static bool LeavesOutcomeOpen(Exception fault) =>
        fault is UnknownOutcomeException or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException or ConnectionFailedException or ClientNotAvailableException or GatewayTooBusyException;
}
