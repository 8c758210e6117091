using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Rosud.Audit;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>How the parts of a client reach the cluster, and for whom.</summary>
internal sealed record Reach(IClusterClient Cluster, IChannelFeeds Feeds, ClusterCalls Calls, TimeProvider Time, AuditSigner Signer, TenantId Tenant, string Writer)
{
    private const int PageMax = 100;

    /// <summary>The name, or a refusal that says which argument is wrong.</summary>
    public static string Name(string name, [CallerArgumentExpression(nameof(name))] string argument = "") => Names.IsValid(name)
        ? name
        : throw new ArgumentException("A name has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.", argument);

    /// <summary>All names of one kind, page by page, in their order.</summary>
    public async IAsyncEnumerable<ImmutableArray<string>> Pages(string kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        while (true)
        {
            var (names, more) = await Calls.Repeat(() => Listing.ReadAsync(Cluster, Tenant, kind, after, PageMax), cancellationToken);
            yield return names;
            if (!more) yield break;
            after = names[^1];
        }
    }
}
