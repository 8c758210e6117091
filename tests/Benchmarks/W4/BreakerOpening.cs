using System.Collections.Concurrent;
using System.Globalization;
using Rosud.Hosting;
using Rosud.Supervision;
using Rosud.Workloads;
using static Rosud.Supervision.SupervisedHost;

namespace Rosud.W4;

/// <summary>How soon a breaker opens once it has seen the calls that it needs: five failures in a row, or thirty calls of which three in ten failed. Failures of one step count once.</summary>
internal sealed class BreakerOpening(Bench bench)
{
    private const string Agent = "agent";
    private const int InARow = 5;
    private const int CallsMin = 30;
    private const int Callers = 4;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    public async Task Measure()
    {
        await bench.Repeat(async _ =>
        {
            await Opens("all tasks fail", InARow, _ => true);
            await Opens("every second task fails", CallsMin, task => task % 2 == 0);
        });
    }

    private async Task Opens(string how, int enough, Func<int, bool> fails)
    {
        var answered = new ConcurrentDictionary<int, DateTimeOffset>();   // By task, for a task that fails again counts once.
        await using var host = await Start("opening", SupervisedHost.Agent(Agent, async (work, stopped) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, stopped);
            var task = FaultPlan.TaskOf(work.Assignment.Goal);
            answered.TryAdd(task, TimeProvider.System.GetUtcNow());
            return fails(task) ? throw new InvalidOperationException("It broke.") : Done;
        }));
        var callers = await SupervisedHost.Callers(host, "opening", Callers, Agent);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(bench.Stopped);
        var next = -1;
        var calling = callers.Select(caller => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested) await caller.Run(TaskOf(FaultPlan.GoalOf(Interlocked.Increment(ref next)), Agent), TimeSpan.FromSeconds(3));
        })).ToArray();
        var opened = await Opened(host);
        await over.CancelAsync();
        await Task.WhenAll(calling);
        var sufficed = answered.Values.Order().Take(enough).Last();
        bench.Notes.Note($"breaker, {how}: opened after its minimum of calls", "ms", Math.Max(0, (opened - sufficed).TotalMilliseconds));
    }

    private static async Task<DateTimeOffset> Opened(LocalHost host)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Longest)
        {
            var view = await Supervisor(host, Agent).Describe(null);
            if (view.Transitions.LastOrDefault(moved => moved.To is BreakerStateKind.Open) is { } opened) return opened.At;
            await Task.Delay(LookEvery, TimeProvider.System);
        }

        throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The breaker did not open in {Longest.TotalSeconds:0} s."));
    }
}
