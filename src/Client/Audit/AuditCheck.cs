using System.Diagnostics;
using Rosud.Tenants;

namespace Rosud.Audit;

/// <summary>Walks the kept chain of one channel and looks whether each page follows the one before.</summary>
/// <param name="read">Asks the channel.</param>
/// <param name="earlier">A head that the chain must go through; null for none.</param>
internal sealed class AuditCheck(Func<AuditQuery, Task<AuditOutcome>> read, AuditHead? earlier)
{
    private AuditHead _last;
    private AuditFault? _fault;
    private bool? _extends;
    private long _entries;

    /// <returns>What was found; or why nothing could be.</returns>
    public async Task<(AuditVerification? Found, Problem? Refusal)> Run(CancellationToken cancellationToken)
    {
        AuditHead? after = null;
        var query = new AuditQuery { Limit = 5_000, CheckValues = true };
        var (values, gone) = (0L, 0L);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var outcome = await read(query);
            if (outcome is AuditOutcome.Refused refused) return (null, refused.Problem);
            var page = outcome is AuditOutcome.Found found ? found.Page : throw new UnreachableException($"Unknown answer {outcome.GetType().Name}.");
            if (after is null)
            {
                after = _last = page.Before;
                if (earlier is { } asked && asked.Number < page.Before.Number)
                {
                    return (null, new(ProblemKind.Compacted, "The entries from that head on are no longer all kept.") { Oldest = page.Before.Number });
                }

                Compare();
            }

            Follow(page);
            (values, gone) = (values + page.ValuesChecked, gone + page.ValuesGone);
            if (_fault is not null || !page.More) break;
            query = query with { After = _last.Number, From = page.Position };
        }

        if (earlier is not null) _extends ??= false;   // The chain is shorter than it was.
        return (Found(after.Value, values, gone), null);
    }

    private void Follow(AuditPage page)
    {
        if (page.Before != _last)
        {
            _fault = new(_last.Number + 1, "The entry does not follow the one before it.");
            return;
        }

        foreach (var line in page.Entries)
        {
            var next = _last.Next(line.Entry.Span);
            if (next.Hash != line.Hash)
            {
                _fault = new(next.Number, "The entry is not the one that was chained.");
                return;
            }

            _last = next;
            _entries++;
            Compare();
        }

        _fault = page.Fault;
    }

    private void Compare()
    {
        if (earlier is { } head && head.Number == _last.Number) _extends = head.Hash == _last.Hash;
    }

    private AuditVerification Found(AuditHead after, long values, long gone) =>
        new(_fault is null && _extends != false, _entries, after, _last, values, gone) { Extends = _extends, Broken = _fault };
}
