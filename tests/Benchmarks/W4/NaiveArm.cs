using System.Globalization;
using Rosud.Hosting;
using Rosud.Measuring;

namespace Rosud.W4;

/// <summary>Users of <see cref="NaiveService"/>. While nobody listens they try again, for nothing has begun then; what went down with the process is an error: there is nothing to ask for again, and doing it anew may do it twice.</summary>
internal sealed class NaiveArm : IArm
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1_000 }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly string _url;
    private readonly GuardedProcess _service;
    private int _wentDown;

    private NaiveArm(string url, GuardedProcess service) => (_url, _service) = (url, service);

    public Harms Harms { get; } = new();

    public static async Task<NaiveArm> Start(FaultyAgents agents, string folder)
    {
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        string[] arguments = [SiloProcess.Beside("Rosud.Benchmarks.dll"), NaiveService.Verb, url, agents.Url];
        return new(url, await GuardedProcess.Start(() => Child.Start("dotnet", arguments, NaiveService.Ready, folder)));
    }

    public async Task<Seen> Do(int lane, int task)
    {
        var began = Harms.Now;
        using var late = new CancellationTokenSource(FaultWorkload.Deadline, TimeProvider.System);
        while (true)
        {
            try
            {
                using var answer = await _http.PostAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"{_url}/tasks/{task}")), content: null, late.Token);
                return new(task, answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(late.Token) : null, began, Harms.Now - began, "502");
            }
            catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.ConnectionError && !late.IsCancellationRequested)
            {
                await Task.Delay(Pause, TimeProvider.System, late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
            {
                if (!late.IsCancellationRequested) Interlocked.Increment(ref _wentDown);
                return new(task, null, began, Harms.Now - began, late.IsCancellationRequested ? "no answer" : "connection lost");
            }
        }
    }

    public Task Harm(FaultKind kind, int task)
    {
        if (kind == FaultKind.Kill) Harms.Do(Kill);
        else if (kind == FaultKind.Freeze) Harms.Do(() => _service.Freeze(FaultWorkload.FrozenFor));
        return Task.CompletedTask;
    }

    public Task Check(Notebook notes)
    {
        notes.Note("naive: tasks that went down with their process", "tasks", _wentDown);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _service.DisposeAsync();
    }

    private async Task Kill()
    {
        var before = _service.Restarts;
        await _service.Kill();
        while (_service.Restarts == before) await Task.Delay(Pause, TimeProvider.System);
    }
}
