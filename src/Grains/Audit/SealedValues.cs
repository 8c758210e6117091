using System.Collections.Immutable;
using System.Text.Json;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Audit;

/// <summary>Compares the values of kept commits with what their audit entries say of them. A value that is gone is counted; it breaks nothing.</summary>
internal sealed class SealedValues(ChannelCodec codec, long versionBase)
{
    public long Checked { get; private set; }

    public long Gone { get; private set; }

    /// <summary>What is wrong with the values of an entry; null when nothing is.</summary>
    /// <param name="batch">The batch that the entry landed with.</param>
    public string? Fault(ReadOnlyMemory<byte> line, ImmutableArray<JournalEntry> batch)
    {
        using var entry = JsonDocument.Parse(line);
        var root = entry.RootElement;
        if (root.GetProperty("kind").GetString() != "commit") return null;
        var version = root.GetProperty("version").GetInt64() + versionBase;
        var commit = batch.FirstOrDefault(other => other.Version == version);
        var values = commit is null ? [] : ChannelCodec.KeysOf(commit).ToDictionary(key => key.Key.Value, key => key.After, StringComparer.Ordinal);
        foreach (var key in root.GetProperty("keys").EnumerateObject())
        {
            var told = key.Value.GetString();
            if (told == "deleted") continue;
            if (values.GetValueOrDefault(key.Name) is not { } bytes)
            {
                Gone++;
                continue;
            }

            var kept = codec.Read<ContextEntry>(bytes);
            if (ValueSeal.Of(kept.Salt, kept.Value).ToString() != told) return $"The value of {key.Name} that is stored is not the one that was chained.";
            Checked++;
        }

        return null;
    }
}
