using System.Globalization;
using Rosud.Hosting;

namespace Rosud.W4;

/// <summary>Two hosts over one Redis that syncs every write, each in a process of its own that is started again when it ends.</summary>
internal sealed class TwoSilos : IAsyncDisposable
{
    private const int TellingTries = 15;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ErrorFor = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan StoreFrozenFor = TimeSpan.FromMilliseconds(600);

    // A task has three seconds, so a silo that is gone must be known to be gone well within them.
    private static readonly string[] Membership = ["--Orleans:Membership:ProbeTimeout=00:00:00.500", "--Orleans:Membership:MaxProbeTimeout=00:00:00.500"];

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(1) };
    private readonly HostSettings[] _settings;
    private readonly RedisProcess _redis;
    private GuardedProcess[] _hosts = [];
    private int _jumps;

    private TwoSilos(HostSettings[] settings, RedisProcess redis) => (_settings, _redis) = (settings, redis);

    /// <summary>Where they listen.</summary>
    public IReadOnlyList<string> Urls => [.. _settings.Select(host => host.Url)];

    /// <summary>Starts everything; null when there is no redis-server.</summary>
    public static async Task<TwoSilos?> Start(string cluster, string folder)
    {
        if (await RedisProcess.StartIfInstalled(folder) is not { } redis) return null;
        var silos = new TwoSilos([HostSettings.New(cluster), HostSettings.New(cluster)], redis);
        try
        {
            silos._hosts = await Task.WhenAll(silos._settings.Select(host => GuardedProcess.Start(() => Child.Start(
                "dotnet", [SiloProcess.Beside("Rosud.Benchmarks.dll"), BenchHost.Verb, .. host.OnRedis(redis.Connection), .. Membership, HarmedHost.Setting], BenchHost.Ready, folder))));
            await silos.Serving();
            return silos;
        }
        catch
        {
            await silos.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the host that has a channel. Returns when both serve again.</summary>
    public async Task Kill(string channel)
    {
        var victim = await HostOf(channel);
        var before = victim.Restarts;
        await victim.Kill();
        while (victim.Restarts == before) await Task.Delay(LookEvery, TimeProvider.System);
        await Serving();
    }

    /// <summary>The host that has a channel stands still for a while. Returns when both serve again.</summary>
    public async Task Freeze(string channel, TimeSpan span)
    {
        await (await HostOf(channel)).Freeze(span);
        await Serving();
    }

    /// <summary>Writes fail everywhere for a while.</summary>
    public Task FailWrites() => Task.WhenAll(Urls.Select(url => Told(HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"{url}/bench/store/{ErrorFor.TotalMilliseconds:0}"))));

    /// <summary>Redis stands still for a while.</summary>
    public Task FreezeStore() => _redis.Freeze(StoreFrozenFor);

    /// <summary>The clock of one host jumps, the next time that of the other.</summary>
    public Task Jump() => Told(HttpMethod.Post, $"{Urls[Interlocked.Increment(ref _jumps) % Urls.Count]}/bench/clock");

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        await _redis.DisposeAsync();
        _http.Dispose();
    }

    private async Task<GuardedProcess> HostOf(string channel)
    {
        var port = await Told(HttpMethod.Get, $"{Urls[0]}/bench/place/{channel}");
        var index = Array.FindIndex(_settings, host => port == host.SiloPort.ToString(CultureInfo.InvariantCulture));
        return _hosts[Math.Max(index, 0)];
    }

    // A busy machine may not answer in time, and a host may be on its way up: it is told again, once in each second.
    private async Task<string> Told(HttpMethod method, string url)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                using var answer = await _http.SendAsync(new(method, url));
                return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
            }
            catch (Exception fault) when (tries < TellingTries && fault is (HttpRequestException or OperationCanceledException))
            {
                await Task.Delay(_http.Timeout, TimeProvider.System);
            }
        }
    }

    // Each says that it is ready, several times in a row: one that was declared dead while it stood still says so at first, and ends then.
    private async Task Serving()
    {
        for (var good = 0; good < 10;)
        {
            var ready = await Task.WhenAll(Urls.Select(IsReady));
            good = ready.All(yes => yes) ? good + 1 : 0;
            await Task.Delay(LookEvery, TimeProvider.System);
        }
    }

    private async Task<bool> IsReady(string url)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri($"{url}/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
