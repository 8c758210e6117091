using Rosud.Context;

namespace Rosud.Channels;

/// <summary>Names an operation, so that its repeat is answered and not done again.</summary>
/// <param name="Id">Who asks and what it calls the operation.</param>
/// <param name="Body">The hash of what is asked: another one under the same id is refused as <c>idempotency-mismatch</c>.</param>
[GenerateSerializer, Immutable, Alias("rosud.operation-key")]
public sealed record OperationKey([property: Id(0)] string Id, [property: Id(1)] ContentHash Body);
