using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Rosud.Hosting;
using Rosud.Measuring;
using Rosud.W6;
using Rosud.Workloads;

namespace Rosud.Listeners;

/// <summary>The clients, and ten commits a second until those that take nothing are cut, and some time longer.</summary>
internal sealed class Crowd(Bench bench)
{
    public const string P99 = "others: commit → client p99";
    public const string Missed = "others: events missed, repeated or out of order";
    public const string CutAfter = "all stuck and half-open ones cut after";
    public const string NotCut = "stuck or half-open ones not cut";
    public const string OthersCut = "others that were cut";
    public const string NotResumed = "stuck ones that came back and missed something without a gap";
    public const string Subscriptions = "subscriptions of the host";
    public const string Polls = "polls_total";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly int _all = bench.Choose(1_000, 60);
    private readonly int _stuck = bench.Choose(100, 10);
    private readonly int _halfOpen = DeafClient.CanBeHalfOpen ? bench.Choose(50, 5) : 0;
    private readonly ConcurrentBag<(long Version, long At)> _heard = [];
    private readonly Dictionary<long, long> _acknowledged = [];

    public async Task Measure()
    {
        var folder = bench.NewFolder("listeners");
        var settings = HostSettings.New("listeners");
        var patience = bench.Choose<string[]>([], ["--Rosud:Listeners:Patience=00:00:02"]);
        await using var silo = await SiloProcess.Start(settings, [.. settings.OnSqlite(Path.Combine(folder, "data")), .. patience], folder);
        await using var client = await TcpClient.Connect(settings);
        using var http = new HttpClient { BaseAddress = new(settings.Url), Timeout = Timeout.InfiniteTimeSpan };
        var channel = await BenchChannel.Open(client.Cluster, "crowd", new Content(bench.Seed, UpdatesBySize.ValueBytes));
        var others = new List<OrderedClient>();
        var deaf = new List<DeafClient>();
        try
        {
            await Gather(http, channel, others, deaf);
            await Listen(http, channel, others);
            await ComeBack(http, channel, deaf);
        }
        finally
        {
            foreach (var one in deaf) one.Dispose();
            await Task.WhenAll(others.Select(other => other.DisposeAsync().AsTask()));
        }
    }

    private async Task Gather(HttpClient http, BenchChannel channel, List<OrderedClient> others, List<DeafClient> deaf)
    {
        foreach (var opened in Enumerable.Range(0, _all - _stuck - _halfOpen).Chunk(50))
        {
            others.AddRange(await Task.WhenAll(opened.Select(_ => OrderedClient.Open(http, channel.Id.Name, version => _heard.Add((version, Stopwatch.GetTimestamp()))))));
        }

        for (var i = 0; i < _stuck + _halfOpen; i++) deaf.Add(await DeafClient.Open(http.BaseAddress!, EventsOf(channel), bench.Stopped));
        await channel.Commit(0);
        foreach (var one in deaf.Skip(_stuck)) one.LoseTheNetwork();
        bench.Notes.Note(Subscriptions, "", await HostMetrics.Read(http, "subscriptions", bench.Stopped) ?? 0);
    }

    private async Task Listen(HttpClient http, BenchChannel channel, List<OrderedClient> others)
    {
        var began = Stopwatch.GetTimestamp();
        TimeSpan? cut = null;
        double listeners = _all;
        var after = bench.Seconds(10, 1);
        using var pace = new PeriodicTimer(Pace);
        while ((cut is null || Stopwatch.GetElapsedTime(began) < cut + after) && Stopwatch.GetElapsedTime(began) < Longest && await pace.WaitForNextTickAsync(bench.Stopped))
        {
            var version = await channel.Commit(0);
            _acknowledged[version.Number] = Stopwatch.GetTimestamp();
            if (version.Number % 5 != 0 || cut is not null) continue;
            listeners = await HostMetrics.Read(http, "listeners", bench.Stopped) ?? _all;
            if (listeners <= others.Count) cut = Stopwatch.GetElapsedTime(began);
        }

        var last = _acknowledged.Keys.Max();
        var missed = await Task.WhenAll(others.Select(other => other.Missed(last, Longest / 3)));
        bench.Notes.Note(Missed, "events", missed.Sum());
        if (cut is { } at) bench.Notes.Note(CutAfter, "s", at.TotalSeconds);
        bench.Notes.Note(NotCut, "clients", Math.Max(0, listeners - others.Count));
        bench.Notes.Note(OthersCut, "clients", others.Count(other => other.HasEnded));
        bench.Notes.Note(Polls, "", await HostMetrics.Read(http, "polls_total", bench.Stopped) ?? throw new InvalidOperationException("The host has no polls_total."));
        Latency();
    }

    private void Latency()
    {
        var latencies = new Latencies();
        foreach (var (version, at) in _heard)
        {
            if (_acknowledged.TryGetValue(version, out var ack)) latencies.Add(Stopwatch.GetElapsedTime(ack, Math.Max(ack, at)));
        }

        bench.Notes.Note("others: commit → client p50", "ms", latencies.PercentileMs(50));
        bench.Notes.Note(P99, "ms", latencies.PercentileMs(99));
        bench.Notes.Note("others: deliveries", "events", latencies.Count);
    }

    // Whoever was cut reads what had come, and goes on behind it on a new connection: nothing may be missing between.
    private async Task ComeBack(HttpClient http, BenchChannel channel, List<DeafClient> deaf)
    {
        var (missed, last) = (0, _acknowledged.Keys.Max());
        foreach (var one in deaf.Take(Math.Min(_stuck, 10)))
        {
            var seen = LastId(await one.ReadToEnd(bench.Stopped));
            await using var back = await OrderedClient.Open(http, channel.Id.Name, _ => { }, seen);
            if (await back.Missed(last, Longest / 3) > 0) missed++;
        }

        bench.Notes.Note(NotResumed, "clients", missed);
    }

    private static string EventsOf(BenchChannel channel) => $"/v1/channels/{channel.Id.Name}/events?types=commit&after=0";

    // Of events that came whole.
    private static long LastId(string text) => text[..Math.Max(0, text.LastIndexOf("\n\n", StringComparison.Ordinal))].Split('\n')
        .Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).Select(line => long.Parse(line.AsSpan(4), CultureInfo.InvariantCulture)).LastOrDefault();
}
