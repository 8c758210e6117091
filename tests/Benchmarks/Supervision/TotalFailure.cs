using System.Globalization;
using Rosud.Agents;
using Rosud.Networks;
using Rosud.Tenants;
using Rosud.Workloads;
using static Rosud.Supervision.SupervisedHost;

namespace Rosud.Supervision;

/// <summary>Every call fails and no breaker helps: how many attempts come of each first attempt. G17.</summary>
internal sealed class TotalFailure(Bench bench)
{
    private int _calls;

    public async Task Measure()
    {
        await using var host = await Start("fail", Agent("broken", (_, _) =>
        {
            Interlocked.Increment(ref _calls);
            throw new AgentFailureException("It does not work.");
        }));
        await host.Cluster.GetGrain<INetworkGrain>(new NetworkId(TenantId.Default, NetworkId.DefaultName).Key).Configure(new() { Isolation = IsolationKind.None });
        var caller = (await Callers(host, "fail", 1, "broken"))[0];
        var most = 0;
        await bench.Repeat(async repetition =>
        {
            _calls = 0;
            var runs = bench.Choose(500, 60);
            var began = TimeProvider.System.GetTimestamp();
            for (var run = 0; run < runs; run++)
            {
                var result = await caller.Run(TaskOf(string.Create(CultureInfo.InvariantCulture, $"{repetition} {run}"), "broken"), TimeSpan.FromSeconds(5));
                most = Math.Max(most, result.Attempts.Count(attempt => attempt.StartedAt is not null) - 1);
            }

            var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            bench.Notes.Note("all calls fail: attempts per first attempt", "×", (double)_calls / runs);
            bench.Notes.Note("all calls fail: attempts per first attempt, beyond 10 and 1 a second", "×", Math.Max(runs, _calls - 10 - seconds) / runs);
        });
        bench.Notes.Note("all calls fail: retries of one task", "retries", most);
    }
}
