using System.Collections.Immutable;
using System.Globalization;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Runs;

namespace Rosud.Channels;

/// <summary>All that is durable of a channel: what it is, its context and its runs. A value; the flush loop evaluates commands on a tentative one.</summary>
internal sealed record ChannelState(ChannelCodec Codec) : IJournaled
{
    // A bare null beside bytes would become empty bytes: arrays convert to memory, also when they are null.
    private static ReadOnlyMemory<byte>? Absent => null;

    /// <summary>Null while the channel was never made.</summary>
    public ChannelRecord? Record { get; init; }

    public ContextLog Log { get; init; } = ContextLog.Empty;

    public RunTable Runs { get; init; } = RunTable.Empty;

    public MemoTable Memos { get; init; } = MemoTable.Empty;

    // What live runs have written, because each of it is asked for again: by the change that follows, and when the run is archived.
    private ImmutableDictionary<string, ReadOnlyMemory<byte>> Written { get; init; } = ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty;

    /// <summary>The newest point of the audit chain.</summary>
    public AuditHead Audit { get; init; }

    /// <summary>Whether commits and reads are chained.</summary>
    public bool IsAudited => Record is { Spec.Sync.Audit: true };

    /// <summary>The channel's policies for its keys.</summary>
    public KeyPolicies Policies => Record is { } record ? KeyPolicies.Of(record.Spec.Sync) : KeyPolicies.Of(new());

    public bool Exists => Record is { DeletedAt: null };

    public IEnumerable<string> Keys
    {
        get
        {
            if (Record is not null) yield return ChannelCodec.ChannelKey;
            if (Audit.Number > 0) yield return AuditRecord.Key;
            foreach (var key in Log.Keys) yield return ChannelCodec.KeyOf(key);
            if (Log.Parked.LastNumber > 0) yield return ChannelCodec.LastParkedKey;
            foreach (var number in Log.Parked.Numbers) yield return ChannelCodec.ParkedKey(number);
            foreach (var (run, record) in Runs.Live)
            {
                yield return ChannelCodec.RunKey(run);
                yield return ChannelCodec.ProgressKey(run);
                foreach (var step in record.Steps.Keys) yield return ChannelCodec.StepKey(run, step);
                foreach (var child in record.Children.Keys) yield return ChannelCodec.ChildKey(run, child);
            }

            foreach (var run in Runs.Stubs.Keys) yield return ChannelCodec.StubKey(run);
            foreach (var memo in Memos.Names) yield return ChannelCodec.MemoKey(memo);
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Encode(string key) => Written.TryGetValue(key, out var bytes) ? bytes : EncodeAnew(key);

    /// <summary>This state, whose <paramref name="key"/> is now written as <paramref name="bytes"/>.</summary>
    public ChannelState WithWritten(string key, ReadOnlyMemory<byte>? bytes) => key[0] is not ('r' or 'p' or 's') ? this
        : bytes is { } written ? this with { Written = Written.SetItem(key, written) }
        : Written.ContainsKey(key) ? this with { Written = Written.Remove(key) }
        : this;

    /// <summary>The bytes of a key as it is now, though it may have been written otherwise before.</summary>
    public ReadOnlyMemory<byte>? EncodeAnew(string key)
    {
        if (key == ChannelCodec.ChannelKey) return Record is null ? Absent : Codec.Write(Record);
        var name = key[2..];
        return key[0] switch
        {
            'c' => Log.Find(new(name)) is { } entry ? Codec.Write(entry) : Absent,
            'r' => Runs.Live.TryGetValue(name, out var run) ? Codec.Write(run.Accepted) : Absent,
            'p' => Runs.Live.TryGetValue(name, out var run) ? Codec.Write(ProgressOf(run)) : Absent,
            's' => EncodeStep(name),
            'n' => Log.Parked.LastNumber > 0 ? Codec.Write(Log.Parked.LastNumber) : Absent,
            'w' => Log.Parked.Find(long.Parse(name, CultureInfo.InvariantCulture)) is { } parked ? Codec.Write(parked) : Absent,
            'a' => AuditRecord.Encode(Audit),
            'h' => EncodeChild(name),
            'm' => Memos.Find(name) is { } memo ? Codec.Write(memo) : Absent,
            'e' => Runs.Stubs.TryGetValue(name, out var stub) ? Codec.Write(stub) : Absent,
            _ => Absent,
        };
    }

    public static RunProgress ProgressOf(RunRecord run) => new(run.Epoch, run.Retries, run.Takeovers, run.End);

    private ReadOnlyMemory<byte>? EncodeChild(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return Runs.Live.TryGetValue(name[..slash], out var run) && run.Children.TryGetValue(name[(slash + 1)..], out var child)
            ? Codec.Write(child)
            : Absent;
    }

    private ReadOnlyMemory<byte>? EncodeStep(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return Runs.Live.TryGetValue(name[..slash], out var run) && run.Steps.TryGetValue(name[(slash + 1)..], out var step)
            ? Codec.Write(step)
            : Absent;
    }
}
