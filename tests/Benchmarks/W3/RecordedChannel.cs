using System.Collections.Immutable;
using System.Globalization;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Histories;
using Rosud.Load;
using Rosud.Tenants;

namespace Rosud.W3;

/// <summary>A channel in this process whose callers are all taken down, for the checker.</summary>
internal sealed class RecordedChannel
{
    private readonly Recorder _recorder = new();
    private readonly string _name;
    private readonly IChannelGrain _grain;
    private int _operations;

    private RecordedChannel(string name, IChannelGrain grain) => (_name, _grain) = (name, grain);

    public static async Task<RecordedChannel> Open(IGrainFactory grains, string name)
    {
        var grain = grains.GetGrain<IChannelGrain>(new ChannelId(TenantId.Default, name).Key);
        return await grain.Create(new()) is ChannelOutcome.Found ? new(name, grain) : throw new InvalidOperationException($"The channel {name} was not made.");
    }

    public async Task<ContextView> Read(int session)
    {
        var invoked = _recorder.Now;
        if (await _grain.Read(new()) is not ReadOutcome.Found { View: var view }) throw new InvalidOperationException($"The channel {_name} was not read.");
        _recorder.Add(_name, new ReadOperation(session, invoked, _recorder.Now, view.Version.Number, Recorded.Content(view)));
        return view;
    }

    /// <summary>Sets one key, and relies on <paramref name="reads"/> as of <paramref name="basedOn"/>.</summary>
    /// <param name="session">Who.</param>
    /// <param name="key">The key.</param>
    /// <param name="text">What its value says beside the operation.</param>
    /// <param name="basedOn">What was seen, or null.</param>
    /// <param name="reads">What was relied on.</param>
    /// <returns>Whether it was accepted.</returns>
    public async Task<bool> Commit(int session, string key, string text, ContextVersion? basedOn = null, params string[] reads)
    {
        var operation = string.Create(CultureInfo.InvariantCulture, $"op-{Interlocked.Increment(ref _operations)}");
        var patch = new ContextPatch
        {
            Writes = [new(new(key), JsonValue.Parse($"\"{operation} {text}\""))],
            BasedOn = basedOn,
            Reads = [.. reads.Select(read => new KeyPattern(read))],
            Origin = new("benchmark"),
        };
        var write = new WriteOperation(session, operation, Recorded.Entries(patch.Writes), _recorder.Now, _recorder.Now) { BasedOn = basedOn?.Number, Reads = [.. reads] };
        var (told, version) = await _grain.Commit(patch) switch
        {
            PatchOutcome.Applied applied => (Told.Accepted, applied.Version),
            PatchOutcome.Stale stale => (Told.Stale, stale.Version),
            var other => throw new InvalidOperationException($"A commit was answered with {other}."),
        };
        _recorder.Add(_name, write with { Answered = _recorder.Now, Told = told, Version = version.Number });
        return told == Told.Accepted;
    }

    /// <summary>Checks all that was told.</summary>
    public async Task<ImmutableArray<Violation>> Check()
    {
        var log = ImmutableArray.CreateBuilder<LogEntry>();
        while (await _grain.Changes(new(log.Count), 500) is ChangesOutcome.Found { Page: { Gap: false, Changes.IsEmpty: false } page }) log.AddRange(page.Changes.Select(Recorded.Commit));
        return HistoryChecker.Check(new(_name) { Writes = [.. _recorder.Writes(_name)], Reads = [.. _recorder.Reads(_name)], Log = log.ToImmutable() });
    }
}
