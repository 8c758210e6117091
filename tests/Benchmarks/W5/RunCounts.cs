using Rosud.Hosting;
using Rosud.Journal;
using Rosud.Workloads;

namespace Rosud.W5;

/// <summary>Counts what one run makes of grain calls and storage writes, in a host that is not timed.</summary>
internal sealed class RunCounts(Bench bench)
{
    private const int Runs = 50;
    private const int Steps = 5;

    public async Task Measure()
    {
        var counter = new CallCounter();
        await using var host = await LocalHost.Start(HostSettings.New("w5-counts").InMemory(), services =>
        {
            MemoryStore.Add(services);
            PipelineAgents.Add(services);
            services.AddSingleton<IIncomingGrainCallFilter>(counter);
        });
        var store = (MemoryStore)host.Services.GetRequiredKeyedService<Orleans.Storage.IGrainStorage>(IJournals.StorageName);
        var caller = await PipelineCaller.Open(host.Cluster, "counted");
        for (var run = 0; run < Runs; run++) await caller.Run();   // Until then grains are made and open their records.

        await bench.Repeat(async _ =>
        {
            counter.Clear();
            var writes = store.Writes;
            for (var run = 0; run < Runs; run++) await caller.Run();
            bench.Notes.Note("storage writes per run", "writes", (double)(store.Writes - writes) / Runs);
            var calls = counter.Calls;
            bench.Notes.Note("grain calls per run", "calls", (double)calls.Sum(call => call.Value) / Runs);
            bench.Notes.Note("grain calls per step", "calls", (double)calls.Sum(call => call.Value) / Runs / Steps);
            foreach (var (method, count) in calls) bench.Notes.Note($"calls per run of {method}", "calls", (double)count / Runs);
        });
        bench.Notes.Remark($"The bare pipeline makes {Steps + 1} grain calls per run and, durable, {Steps} storage writes.");
    }
}
