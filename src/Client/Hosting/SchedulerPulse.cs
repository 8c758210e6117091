using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rosud.Hosting;

/// <summary>
/// Feels how late the thread pool is, on which grains' turns run too: code that blocks, or more work than the machine can do, shows here first. SEMANTICS X5.
/// On a thread of its own, because what it watches could not run it.
/// </summary>
internal sealed class SchedulerPulse : IHostedService, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Blocked = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CpuWindow = TimeSpan.FromMilliseconds(100);
    private static readonly Meter Meter = new("Rosud");
    private readonly RequestGate _gate;
    private readonly Mapped _mapped;
    private readonly TimeSpan _lateAfter;
    private readonly TimeSpan _crowdedAfter;
    private readonly double _crowdedCpu;
    private readonly ILogger<SchedulerPulse> _logger;
    private readonly ManualResetEventSlim _stopped = new();
    private readonly Counter<long> _blocked = Meter.CreateCounter<long>("rosud.scheduler.blocked", "{look}", "Looks at which the thread pool had not run what it was given a second before.");
    private Thread? _thread;
    private long _latestTicks;

    public SchedulerPulse(RequestGate gate, Mapped mapped, IOptions<RequestGateOptions> options, ILogger<SchedulerPulse> logger)
    {
        _gate = gate;
        _mapped = mapped;
        _lateAfter = options.Value.LateAfter;
        _crowdedAfter = options.Value.CrowdedAfter;
        _crowdedCpu = options.Value.CrowdedCpu;
        _logger = logger;
        Meter.CreateObservableGauge("rosud.scheduler.delay", () => Delay.TotalMilliseconds, "ms", "How long the thread pool took to run the last thing it was given.");
        Meter.CreateObservableGauge("rosud.requests.limit", () => (long)_gate.Limit, "{request}", "Requests that may be at work at once now.");
        Meter.CreateObservableGauge("rosud.requests.running", () => (long)_gate.Running, "{request}", "Requests at work.");
        Meter.CreateObservableGauge("rosud.requests.waiting", () => (long)_gate.Waiting, "{request}", "Requests that wait for their turn.");
    }

    /// <summary>How late it was at the last look.</summary>
    public TimeSpan Delay => TimeSpan.FromTicks(Interlocked.Read(ref _latestTicks));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_mapped.Yes) return Task.CompletedTask;   // An app that does not serve Rosud is left as it is.
        _thread = new(Beat) { IsBackground = true, Name = "rosud-pulse", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stopped.Set();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _stopped.Set();
        _thread?.Join(TimeSpan.FromSeconds(5));
        _stopped.Dispose();
    }

    private void Beat()
    {
        var (cpu, since) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        using var ran = new ManualResetEventSlim();
        var came = 0L;
        while (!_stopped.Wait(_gate.Running > 0 || _gate.Came > came ? Interval : IdleInterval))   // Nobody at work just now, between two requests, is no rest.
        {
            came = _gate.Came;
            ran.Reset();
            var asked = Stopwatch.GetTimestamp();
            ThreadPool.UnsafeQueueUserWorkItem(static done => done.Set(), ran, preferLocal: false);
            var warned = false;
            while (!ran.Wait(Blocked) && !_stopped.IsSet)
            {
                _blocked.Add(1);
                Interlocked.Exchange(ref _latestTicks, Stopwatch.GetElapsedTime(asked).Ticks);
                _gate.Felt(isLate: true, isCrowded: true);
                if (warned) continue;
                warned = true;
                _logger.LogWarning("The thread pool has run nothing for a second: code in this process blocks its threads. Such code belongs into a worker process.");
            }

            var delay = Stopwatch.GetElapsedTime(asked);
            Interlocked.Exchange(ref _latestTicks, delay.Ticks);
            _gate.Felt(delay > _lateAfter, delay > _crowdedAfter, IsBusy(ref cpu, ref since));
        }
    }

    // Said once for each window: what the process used of its processors since the last.
    private bool IsBusy(ref TimeSpan cpu, ref long since)
    {
        if (Stopwatch.GetElapsedTime(since) is var span && span < CpuWindow) return false;
        var used = Environment.CpuUsage.TotalTime - cpu;
        (cpu, since) = (cpu + used, Stopwatch.GetTimestamp());
        return used > span * Environment.ProcessorCount * _crowdedCpu;
    }
}
