using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Rosud.Tenants;

namespace Rosud.Audit;

/// <summary>Answers with the chain as lines: a header, the entries, and the head, signed. Page by page, so that it costs no memory.</summary>
/// <param name="read">Asks the channel.</param>
/// <param name="first">The first page.</param>
/// <param name="after">What was asked for.</param>
/// <param name="limit">How many entries at most; null for all up to the head.</param>
internal sealed class AuditExport(Func<AuditQuery, Task<AuditOutcome>> read, string name, AuditPage first, long after, long? limit, AuditKey key, TimeProvider clock) : IResult
{
    /// <summary>Entries that are read at once.</summary>
    public const int PageMax = 5_000;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = AuditFormat.ContentType;
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}-audit.ndjson\"";
        return Write(response.BodyWriter, httpContext.RequestAborted);
    }

    /// <summary>Writes all lines.</summary>
    /// <returns>Where the stored chain is broken: then there is no signed head; null when it is not.</returns>
    public async Task<AuditFault?> Write(PipeWriter output, CancellationToken stopped)
    {
        var header = AuditFormat.Header(name, first.Before, first.Before.Number > after, clock.GetUtcNow(), key);
        await output.WriteAsync((byte[])[.. header, (byte)'\n'], stopped);
        var (last, entries, page) = (first.Before, 0L, first);
        while (true)
        {
            var fault = page.Before == last ? null : new AuditFault(last.Number + 1, "The entry does not follow the one before it.");
            foreach (var line in fault is null ? page.Entries : [])
            {
                AuditFormat.Entry(output, line);
                last = new(last.Number + 1, line.Hash);
                entries++;
            }

            await output.FlushAsync(stopped);
            if ((fault ?? page.Fault) is { } broken)
            {
                await output.WriteAsync((byte[])[.. AuditFormat.Broken(broken), (byte)'\n'], stopped);
                return broken;
            }

            if (!page.More || entries >= limit) break;
            page = await Next(last.Number, page.Position, entries);
        }

        await output.WriteAsync((byte[])[.. AuditFormat.Head(header, last, entries, page.Head.Number, clock.GetUtcNow(), key), (byte)'\n'], stopped);
        return null;
    }

    private async Task<AuditPage> Next(long number, long position, long entries)
    {
        var query = new AuditQuery { After = number, From = position, Limit = (int)Math.Min(PageMax, (limit ?? long.MaxValue) - entries) };
        return await read(query) switch
        {
            AuditOutcome.Found found => found.Page,
            AuditOutcome.Refused refused => throw new RefusedException(refused.Problem),   // It was deleted meanwhile: the export breaks off, without a head.
            var other => throw new UnreachableException($"Unknown answer {other.GetType().Name}."),
        };
    }
}
