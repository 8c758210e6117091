using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Invocation;
using Rosud.Hosting;
using Rosud.Mutants;
using Rosud.Reports;
using Rosud.Runs;

namespace Rosud;

/// <summary>The command line: <c>[--seed N] [--seconds S] [--quick] [--store sqlite|redis|all] [--mutant NAME] [--json FILE]</c>.</summary>
internal static class FaultsCommand
{
    public const int Kept = 0;

    /// <summary>Something was violated, or the run proves nothing.</summary>
    public const int Violated = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Misused = 2;

    private const string AllStores = "all";

    public static async Task<int> Run(string[] args, TextWriter errors)
    {
        var parsed = Command().Parse(args);
        if (parsed.Action is not ParseErrorAction) return await parsed.InvokeAsync();
        foreach (var error in parsed.Errors) await errors.WriteLineAsync(error.Message);
        await errors.WriteLineAsync("Use: [--seed N] [--seconds S] [--quick] [--store sqlite|redis|all] [--mutant NAME] [--json FILE]");
        return Misused;
    }

    private static RootCommand Command()
    {
        var seed = new Option<int>("--seed") { Description = "Decides what is written and which harm is done when.", DefaultValueFactory = _ => 1 };
        var seconds = new Option<int>("--seconds") { Description = "About how long, 10 to 86400.", DefaultValueFactory = _ => 180 };
        seconds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 10 or > 86_400) result.AddError("--seconds takes 10 to 86400.");
        });
        var quick = new Option<bool>("--quick") { Description = "One short round of the most important harm; on the embedded store unless --store says else." };
        var store = new Option<string?>("--store") { Description = "sqlite: one host over the embedded store. redis: two silos over Redis. all: one after the other." };
        store.AcceptOnlyFromAmong(Deployment.Sqlite, Deployment.Redis, AllStores);
        var mutant = new Option<string?>("--mutant") { Description = "Breaks the platform on purpose: the run must find it and exit with 1." };
        mutant.AcceptOnlyFromAmong([.. Mutant.All]);
        var json = new Option<FileInfo?>("--json") { Description = "Where to write the report as JSON." };
        var root = new RootCommand("Does harm to real hosts and checks everything that they ever told anybody.") { seed, seconds, quick, store, mutant, json };
        root.SetAction((parsed, stopped) => Do(
            new(parsed.GetValue(seed), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(quick), parsed.GetValue(mutant), Stores(parsed.GetValue(store), parsed.GetValue(quick), parsed.GetValue(mutant)), ""),
            parsed.GetValue(json),
            stopped));
        return root;
    }

    private static ImmutableArray<string> Stores(string? store, bool quick, string? mutant) =>
        (store ?? (Mutant.NeedsTwo(mutant) ? Deployment.Redis : quick ? Deployment.Sqlite : AllStores)) switch { AllStores => [Deployment.Sqlite, Deployment.Redis], var one => [one] };

    private static async Task<int> Do(FaultPlan asked, FileInfo? json, CancellationToken stopped)
    {
        var folder = Directory.CreateTempSubdirectory("rosud-faults-").FullName;
        var plan = asked with { Folder = folder };
        var tally = new FaultTally();
        var load = FaultReport.Load1();
        try
        {
            foreach (var store in plan.Stores) await Do(plan, store, tally, stopped);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var report = new FaultReport(plan, tally, load, FaultReport.Load1());
        report.Write(Console.Out);
        if (json is not null) await File.WriteAllTextAsync(json.FullName, report.Json(), CancellationToken.None);
        return report.Pass ? Kept : Violated;
    }

    private static async Task Do(FaultPlan plan, string store, FaultTally tally, CancellationToken stopped)
    {
        var folder = Directory.CreateDirectory(Path.Combine(plan.Folder, $"{Path.GetFileName(plan.Folder)}-{store}")).FullName;
        try
        {
            await using var deployment = await Deployment.Start(store, folder, plan.Mutant);
            if (deployment is null) tally.Remark("redis-server is not installed (Debian: apt-get install redis-server), so nothing was tried with two silos.");
            else await new FaultRun(plan, deployment, tally, sentence => Console.Error.WriteLine(sentence), stopped).Run(plan.Span / plan.Stores.Length);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException && !stopped.IsCancellationRequested)
        {
            // A platform that does not come back is no proof of anything else, but what was seen before still counts.
            tally.Void($"{store}: the run broke off. {failure.GetType().Name}: {failure.Message}");
        }
    }
}
