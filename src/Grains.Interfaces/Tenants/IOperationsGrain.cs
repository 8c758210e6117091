using Rosud.Channels;

namespace Rosud.Tenants;

/// <summary>One sixteenth of what the callers of a tenant make under an Idempotency-Key: which name each key stands for, before there is anything of that name.</summary>
/// <remarks>Keyed <c>tenant/operations.shard</c>, see <see cref="IndexShard"/>. Remembers an operation for 24 hours, and at most the last 32,000.</remarks>
[Alias("rosud.operations")]
public interface IOperationsGrain : IGrainWithStringKey
{
    /// <summary>Binds an operation to the name of what it makes; durable when it returns.</summary>
    /// <returns><paramref name="name"/>, or the name that the operation got before; null when it is known with another body.</returns>
    [Alias("claim")]
    Task<string?> Claim(OperationKey operation, string name);

    /// <summary>Frees an operation that was refused: it may be asked again with any body. Durable when it returns.</summary>
    [Alias("release")]
    Task Release(OperationKey operation);
}
