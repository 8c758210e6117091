using Rosud;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Demo;
using Rosud.Runs;

/// <summary>Asks the agents, shows what they commit while they do, and then the answer.</summary>
internal static class Question
{
    public static async Task<int> Ask(string question, string[] args)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.AddRosudClient();
        using var host = builder.Build();
        await host.StartAsync();
        var rosud = host.Services.GetRequiredService<IRosudClient>();
        var channel = await rosud.Channels.Create(agents: [DemoAgents.Planner, DemoAgents.Researcher, DemoAgents.Executor, DemoAgents.Librarian]);
        var folder = Path.GetFullPath(builder.Configuration["folder"] ?? "docs");
        await channel.Commit([ContextWrite.Set("question", question), ContextWrite.Set("corpus.folder", folder), ContextWrite.Set("limits.citations", 3)]);
        using var over = new CancellationTokenSource();
        var showing = Show(channel, over.Token);
        var result = await channel.Coordinate(Task(question), timeout: TimeSpan.FromSeconds(30), onStaleContext: OnStaleContext.RetryWithFresh);
        await over.CancelAsync();
        await showing;
        Report(result);
        await host.StopAsync();
        return result.Status == RunStatus.Completed ? 0 : 1;
    }

    // Each step starts as soon as what it reads is there; the researcher does not wait for the planner's end.
    private static CoordinationTask Task(string question) => new()
    {
        Goal = question,
        Outputs = ["answer.*", "catalogue.*"],
        Steps =
        [
            new() { Id = "plan", Agent = DemoAgents.Planner, Reads = ["question", "corpus.folder"], Writes = ["plan.*"] },
            new() { Id = "research", Agent = DemoAgents.Researcher, Reads = ["plan.terms", "corpus.folder"], Writes = ["facts.*"] },
            new() { Id = "answer", Agent = DemoAgents.Executor, Reads = ["question", "facts.passages", "limits.citations", "corpus.folder"], Writes = ["answer.*"] },
            new() { Id = "catalogue", Agent = DemoAgents.Librarian, Reads = ["corpus.folder"], Writes = ["catalogue.*"] },
        ],
    };

    private static async Task Show(IChannel channel, CancellationToken over)
    {
        try
        {
            await foreach (var item in channel.Watch(ContextVersion.None, over))
            {
                if (item is FeedItem.Commit { Change: var change }) Console.WriteLine($"  {change.Version} {change.Origin.Writer}: {string.Join(", ", change.Writes.Select(write => write.Key.Value))}");
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }

    private static void Report(RunResult result)
    {
        var outputs = result.Outputs.ToDictionary(output => output.Key.Value, output => output.Value);
        Console.WriteLine(outputs.TryGetValue("answer.text", out var text) ? $"\n{text.As<string>()}\n" : $"\nNo answer: {result.ProblemDetail}\n");
        foreach (var citation in outputs.TryGetValue("answer.citations", out var list) ? list.As<Citation[]>()! : []) Console.WriteLine($"[{citation.Number}] {citation.File}:{citation.Line}");
        Console.WriteLine();
        foreach (var attempt in result.Attempts) Console.WriteLine($"  {attempt.Step,-10} {attempt.Agent,-11} {attempt.Outcome,-9} read {attempt.ReadVersion}, wrote {attempt.WroteVersion} {attempt.Reason}");
        Console.WriteLine($"  {result.Status} in {result.WallMs:0} ms, coordination {result.CoordinationOverheadMs:0.0} ms, {result.Agents.Needed} agents needed of {result.Agents.Fired} fired");
    }

    private sealed record Citation(int Number, string File, int Line);
}
