using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Rosud.Channels;
using Rosud.Hosting;
using Rosud.Tenants;

namespace Rosud.Audit;

/// <summary>The audit chain of one channel, read through the cluster.</summary>
internal sealed class RemoteAudit(Reach reach, IChannelGrain channel, string name)
{
    private const int PageMax = 500;

    public async IAsyncEnumerable<AuditLine> Lines(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new AuditQuery { After = after, Limit = PageMax };
        while (true)
        {
            var page = await Page(query, cancellationToken);
            foreach (var line in page.Entries) yield return line;
            if (page.Fault is { } fault) throw Broken(fault);
            if (!page.More) yield break;
            query = query with { After = page.Before.Number + page.Entries.Length, From = page.Position };
        }
    }

    public async Task Export(Stream output, long after, CancellationToken cancellationToken)
    {
        var key = reach.Signer.Existing;
        var first = await Page(new() { After = after, Limit = AuditExport.PageMax }, cancellationToken);
        var writer = PipeWriter.Create(output, new(leaveOpen: true));
        var fault = await new AuditExport(query => Ask(query, cancellationToken), name, first, after, null, key, reach.Time).Write(writer, cancellationToken);
        await writer.CompleteAsync();
        if (fault is not null) throw Broken(fault);
    }

    public async Task<AuditVerification> Verify(AuditHead? earlier, CancellationToken cancellationToken)
    {
        var (found, problem) = await new AuditCheck(query => Ask(query, cancellationToken), earlier).Run(cancellationToken);
        return found ?? throw new RefusedException(problem!);
    }

    private async Task<AuditPage> Page(AuditQuery query, CancellationToken cancellationToken) => await Ask(query, cancellationToken) switch
    {
        AuditOutcome.Found found => found.Page,
        AuditOutcome.Refused refused => throw new RefusedException(refused.Problem),
        var other => throw new InvalidOperationException($"The channel answered with {other.GetType().Name}, which this client does not know: update it."),
    };

    private Task<AuditOutcome> Ask(AuditQuery query, CancellationToken cancellationToken) =>
        reach.Calls.Repeat(() => channel.Audit(query), outcome => (outcome as AuditOutcome.Refused)?.Problem, cancellationToken);

    private static InvalidDataException Broken(AuditFault fault) => new($"The audit chain is broken at entry {fault.Number}: {fault.Reason}");
}
