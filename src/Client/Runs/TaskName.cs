using System.Security.Cryptography;
using System.Text;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>The task id of a task that has only an Idempotency-Key: the key itself, or its hash where the key is no name.</summary>
internal static class TaskName
{
    public static string? Of(string? idempotencyKey) => idempotencyKey is null || Names.IsValid(idempotencyKey)
        ? idempotencyKey
        : $"k-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(idempotencyKey)))}";
}
