using Rosud.Channels;
using Rosud.Context;
using Rosud.Measuring;
using Rosud.Tenants;

namespace Rosud.W6;

/// <summary>A channel that is written to: keys <c>k.0</c>, <c>k.1</c> … with values of one length.</summary>
internal sealed class BenchChannel
{
    private const int KeysPerPatch = 500;
    private const int PatchesAtOnce = 4;

    private readonly IChannelGrain _grain;
    private readonly Content _content;

    private BenchChannel(ChannelId id, IChannelGrain grain, Content content) => (Id, _grain, _content) = (id, grain, content);

    public ChannelId Id { get; }

    public IChannelGrain Grain => _grain;

    public static ContextKey Key(int number) => new($"k.{number}");

    /// <summary>Makes the channel; the same name again finds it.</summary>
    public static async Task<BenchChannel> Open(IGrainFactory grains, string name, Content content, bool audit = true)
    {
        var id = new ChannelId(TenantId.Default, name);
        var grain = grains.GetGrain<IChannelGrain>(id.Key);
        var outcome = await grain.Create(new() { Sync = new() { Audit = audit } });
        return outcome is ChannelOutcome.Found ? new(id, grain, content) : throw new InvalidOperationException($"The channel was not made: {outcome}");
    }

    /// <summary>Writes the first <paramref name="keys"/> keys.</summary>
    public async Task Fill(int keys)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, keys).Chunk(KeysPerPatch),
            new ParallelOptions { MaxDegreeOfParallelism = PatchesAtOnce },
            async (patch, _) => await Commit(patch));
    }

    /// <summary>Commits new values for some keys in one patch.</summary>
    /// <returns>The version it made.</returns>
    public async Task<ContextVersion> Commit(params int[] keys)
    {
        var patch = new ContextPatch { Writes = [.. keys.Select(key => new ContextWrite(Key(key), _content.Next()))], Origin = new("benchmark") };
        return await _grain.Commit(patch) is PatchOutcome.Applied { Effect: PatchEffect.Committed } applied
            ? applied.Version
            : throw new InvalidOperationException("A commit was refused.");
    }
}
