using System.Collections.Immutable;
using Rosud.Channels;
using Rosud.Journal;

namespace Rosud.Audit;

/// <summary>Reads a channel's audit chain out of its journal, page by page.</summary>
internal sealed class AuditPages(IJournal journal, ChannelState state, AuditQuery query)
{
    private const int LimitMax = 5_000;
    private const long BytesMax = 1024 * 1024;

    private readonly ImmutableArray<AuditLine>.Builder _lines = ImmutableArray.CreateBuilder<AuditLine>();
    private readonly int _limit = Math.Clamp(query.Limit, 1, LimitMax);
    private readonly SealedValues _values = new(state.Codec, state.Record!.Base);
    private AuditHead? _before;
    private AuditHead? _last;
    private AuditFault? _fault;
    private long _bytes;

    public async Task<AuditPage> Read()
    {
        var position = query.From ?? 0;
        if (query.After >= state.Audit.Number) return Page(state.Audit, 0);
        try
        {
            if (query.From is null) position = await Start();
            while (true)
            {
                var part = await journal.ReadLog(position);
                if (part.Batches.Any(batch => !Take(batch)) || _fault is not null || part.IsLast) break;
                position = part.EndPosition;
            }

            if (!IsFull && _fault is null && _last is { } end && end != state.Audit) _fault = new(Last.Number + 1, "Entries are missing: what is stored ends before the head of the chain.");
        }
        catch (InvalidDataException damaged)
        {
            _fault = new(Last.Number + 1, $"Storage cannot be read: {damaged.Message}");
        }

        return Page(_before ?? state.Audit, position);
    }

    private AuditHead Last => _last ?? default;

    private bool IsFull => _lines.Count >= _limit || _bytes > BytesMax;

    private AuditPage Page(AuditHead before, long position) => new()
    {
        Before = before,
        Entries = _lines.ToImmutable(),
        Head = state.Audit,
        More = _fault is null && _lines.Count > 0 && Last.Number < state.Audit.Number,
        Position = position,
        Fault = _fault,
        IsOn = state.IsAudited,
        ValuesChecked = _values.Checked,
        ValuesGone = _values.Gone,
    };

    // False when the page ends in this batch.
    private bool Take(ImmutableArray<JournalEntry> batch)
    {
        if (AuditRecord.Find(batch) is not { } record) return true;
        if (record.After.Number <= query.After) return Unbroken(record.Before, record.After);
        if (!Unbroken(record.Before, record.Before)) return false;
        var (at, computed) = (record.Before, record.Lines.Aggregate(record.Before, (head, line) => head.Next(line.Span)));
        if (computed != record.After)
        {
            _fault = new(record.Before.Number + 1, $"The entries from here to {record.After.Number} are not those that were chained.");
            return false;
        }

        foreach (var line in record.Lines)
        {
            var before = at;
            at = at.Next(line.Span);
            if (at.Number > state.Audit.Number) return false;   // Chained since this was asked.
            _last = at;
            if (at.Number <= query.After) continue;
            if (query.CheckValues && _values.Fault(line, batch) is { } wrong)
            {
                _last = before;
                _fault = new(at.Number, wrong);
                return false;
            }

            _before ??= before;
            _lines.Add(new(line, at.Hash));
            _bytes += line.Length;
            if (IsFull) return false;
        }

        return true;
    }

    private bool Unbroken(AuditHead before, AuditHead last)
    {
        if (_last is { } was && was != before)
        {
            _fault = new(was.Number + 1, "The entry does not follow the one before it.");
            return false;
        }

        _last = last;
        return true;
    }

    // The start of the last part whose first entry is not after the wanted one. Parts are in order; few are looked at.
    private async Task<long> Start()
    {
        var starts = journal.LogStarts;
        var (low, high) = (0, query.After == 0 ? 0 : starts.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            var part = await journal.ReadLog(starts[middle]);
            var first = part.Batches.Select(AuditRecord.Find).FirstOrDefault(record => record is not null);
            if (first is not null && first.Before.Number <= query.After) low = middle;
            else high = middle - 1;   // A part without entries tells nothing: an earlier start is as right, only slower.
        }

        return starts[low];
    }
}
