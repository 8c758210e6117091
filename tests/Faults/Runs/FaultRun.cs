using System.Collections.Immutable;
using Rosud.Histories;
using Rosud.Hosting;
using Rosud.Load;
using Rosud.Mutants;
using Rosud.Nemeses;

namespace Rosud.Runs;

/// <summary>What a run was asked for.</summary>
internal sealed record FaultPlan(int Seed, TimeSpan Span, bool Quick, string? Mutant, ImmutableArray<string> Stores, string Folder)
{
    public int Channels => Quick ? 2 : 4;

    public int Sessions => Quick ? 4 : 8;

    public TimeSpan Pace => TimeSpan.FromMilliseconds(Quick ? 4 : 6);

    /// <summary>Fewer acknowledged writes than this in a round prove nothing.</summary>
    public long AcceptedMin => Quick ? 100 : 300;
}

/// <summary>Rounds of load and harm against one deployment: each round has channels of its own, ends in quiet, and is checked as a whole.</summary>
internal sealed class FaultRun(FaultPlan plan, Deployment deployment, FaultTally tally, Action<string> progress, CancellationToken stopped)
{
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private const int EpisodesPerRound = 3;

    private const int LatecomersMax = 24;
    private static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LateUntil = TimeSpan.FromSeconds(15);

    private readonly Random _random = new(plan.Seed);
    private int _latecomers;

    public async Task Run(TimeSpan span)
    {
        var watch = new Recorder();
        var round = 0;
        do
        {
            var left = span - watch.Now;
            await Round(++round, [.. Choose(left)]);
        }
        while (!plan.Quick && watch.Now + TimeSpan.FromSeconds(15) < span && !stopped.IsCancellationRequested);
    }

    private IEnumerable<Nemesis> Choose(TimeSpan left)
    {
        if (Mutant.NeedsTwo(plan.Mutant)) return [Nemesis.PauseLong, Nemesis.PauseLong];
        if (plan.Quick) return deployment.Store == Deployment.Redis ? [Nemesis.KillOne, Nemesis.PauseLong] : Nemesis.Quick;
        var there = Nemesis.All.Where(nemesis => nemesis.Stores.Contains(deployment.Store)).ToArray();
        _random.Shuffle(there);
        return there.OrderBy(nemesis => tally.Episodes.Count(episode => episode.Nemesis == nemesis.Name && episode.Store == deployment.Store)).Take(left > TimeSpan.FromSeconds(60) ? EpisodesPerRound : 2);
    }

    private async Task Round(int round, ImmutableArray<Nemesis> nemeses)
    {
        var recorder = new Recorder();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        var channels = Enumerable.Range(1, plan.Channels).Select(number => $"round-{round}-{number}").ToImmutableArray();
        using var first = new HttpCaller(deployment.Urls, 0, recorder);
        using var second = new HttpCaller(deployment.Urls, 1, recorder);
        await using var client = await ClientCaller.Connect(deployment.Cluster, deployment.Hosts.Select(host => host.Gateway), recorder);
        foreach (var channel in channels) await first.Create(channel, stopped);
        Listener[] listeners = [.. channels.SelectMany(channel => new Listener[]
        {
            new SseListener($"SSE listener of {channel}", channel, new(deployment.Urls, round, recorder)), new Watcher($"Watcher of {channel}", client.Rosud.Channels.Open(channel)),
        })];
        var listening = listeners.Select(listener => listener.Run(cut.Token)).ToList();
        ICaller[] callers = [first, client, second];
        var sessions = Enumerable.Range(0, plan.Sessions)
            .Select(number => new Session(number, plan.Seed + round, callers[number % callers.Length], channels, recorder, plan.Pace).Run(reads: number % 4 == 3 ? 9 : 2, stop.Token, cut.Token)).ToList();
        try
        {
            await Serving(channels, recorder, recorder.Now);
            foreach (var nemesis in nemeses) await Strike(nemesis, channels, recorder, client);
            await Task.Delay(Quiet, TimeProvider.System, stopped);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(sessions).WaitAsync(BackWithin, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(sessions);
        await Judge(channels, recorder, first, listeners);
        await cut.CancelAsync();
        await Task.WhenAll(listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Strike(Nemesis nemesis, ImmutableArray<string> channels, Recorder recorder, ClientCaller client)
    {
        await Task.Delay(Quiet, TimeProvider.System, stopped);
        deployment.Aim((await Task.WhenAll(channels.Select(channel => client.SiloPortOf(channel, stopped)))).OfType<int>().ToHashSet());
        var (began, lost) = (recorder.Now, recorder.Lost);
        var late = nemesis == Nemesis.PauseLong ? Latecomers(channels, recorder) : Task.CompletedTask;
        await nemesis.Strike(deployment, _random, stopped);
        await late;
        var healed = recorder.Now;
        await deployment.UntilReady(stopped);
        var back = await Serving(channels, recorder, healed);
        var gaps = channels.Select(channel => recorder.LongestSilence(channel, began, recorder.Now)).ToImmutableArray();
        tally.Add(new Episode(nemesis.Name, deployment.Store, recorder.Lost - lost, gaps, back));
        progress($"{deployment.Store}: {nemesis.Name}: longest silence {gaps.Max().TotalSeconds:0.0} s, {recorder.Lost - lost} attempts lost");
    }

    // They come while a host stands still, when the others have taken over, and wait until it wakes: it must not tell them what is no longer so.
    private Task Latecomers(ImmutableArray<string> channels, Recorder recorder) => Task.WhenAll(Enumerable.Range(0, LatecomersMax).Select(async number =>
    {
        await Task.Delay(LateAfter, TimeProvider.System, stopped);
        using var caller = new HttpCaller([deployment.Urls[number % deployment.Urls.Count]], 0, recorder, LateUntil);
        var session = new Session(2_000 + (_latecomers += 1), plan.Seed, caller, channels, recorder, plan.Pace);
        for (var i = 0; i < channels.Length; i++) await session.Once(channels[(number / deployment.Urls.Count + i) % channels.Length], stopped);
    }));

    // Every channel has acknowledged a write that was sent after this moment.
    private async Task<TimeSpan> Serving(ImmutableArray<string> channels, Recorder recorder, TimeSpan since)
    {
        while (!channels.All(channel => recorder.Writes(channel).Any(write => write.Told == Told.Accepted && write.Invoked > since)))
        {
            if (recorder.Now - since > BackWithin) throw new InvalidOperationException($"A channel acknowledged no write for {BackWithin.TotalSeconds:0} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, stopped);
        }

        return recorder.Now - since;
    }

    private async Task Judge(ImmutableArray<string> channels, Recorder recorder, HttpCaller caller, Listener[] listeners)
    {
        foreach (var channel in channels)
        {
            var last = new Session(1_000, plan.Seed, caller, [channel], recorder, plan.Pace);
            while (!await last.Read(channel, stopped)) await Task.Delay(plan.Pace, TimeProvider.System, stopped);
            ImmutableArray<LogEntry>? log;
            while ((log = await caller.ReadLog(channel, stopped)) is null) await Task.Delay(plan.Pace, TimeProvider.System, stopped);
            var end = log.Value.IsEmpty ? 0 : log.Value[^1].Version;
            var heard = await Task.WhenAll(listeners.Where(listener => listener.Name.EndsWith(channel, StringComparison.Ordinal)).Select(listener => listener.Until(end, HeardWithin)));
            var history = new ChannelHistory(channel) { Writes = [.. recorder.Writes(channel)], Reads = [.. recorder.Reads(channel)], Listeners = [.. heard], Log = log.Value };
            tally.Add(history, HistoryChecker.Check(history));
        }

        if (recorder.Accepted < plan.AcceptedMin) tally.Void($"{deployment.Store}: a round acknowledged {recorder.Accepted} writes; fewer than {plan.AcceptedMin} prove nothing.");
    }
}
