using Rosud.Agents;
using Rosud.Context;

namespace Rosud.Demo;

/// <summary>A planner, a researcher and an executor that answer a question over files; and a librarian whom nobody needs for that.</summary>
internal static class DemoAgents
{
    public const string Planner = "planner";
    public const string Researcher = "researcher";
    public const string Executor = "executor";
    public const string Librarian = "librarian";

    private const int TermsMax = 6;
    private const int PassagesMax = 12;

    /// <summary>Adds the four. <paramref name="pace"/> is how long the executor rests after each passage, so that a person can follow.</summary>
    public static IServiceCollection AddDemoAgents(this IServiceCollection services, TimeSpan pace) => services
        .AddDemoTeam(pace)
        .AddRosudAgent(Librarian, Contract("Counts the files of the folder.", ["corpus.*"], ["catalogue.*"]), Count);

    /// <summary>Adds the three that are needed for an answer.</summary>
    public static IServiceCollection AddDemoTeam(this IServiceCollection services, TimeSpan pace) => services
        .AddRosudAgent(Planner, Contract("Picks the words to search for and the files to search in.", ["question", "corpus.*"], ["plan.*"]), Plan)
        .AddRosudAgent(Researcher, Contract("Searches the files and keeps the best passages, with file and line.", ["plan.*", "corpus.*"], ["facts.*"]), Research)
        .AddRosudAgent(Executor, Contract("Writes the answer with citations.", ["question", "plan.*", "facts.*", "limits.*", "corpus.*"], ["answer.*"]), (work, stopped) => Answer(work, pace, stopped));

    private static AgentSpec Contract(string description, string[] reads, string[] writes) => new()
    {
        Description = description,
        Reads = [.. reads.Select(read => new KeyPattern(read))],
        Writes = [.. writes.Select(write => new KeyPattern(write))],
    };

    private static async Task<Completion> Plan(IAgentWork work, CancellationToken stopped)
    {
        var question = Read<string>(work, "question");
        var corpus = new Corpus(Read<string>(work, "corpus.folder"));
        var files = corpus.Files();
        var spread = await corpus.Spread(Corpus.Terms(question), stopped);
        var weights = spread.Where(term => term.Value > 0)
            .OrderBy(term => term.Value).Take(TermsMax)
            .ToDictionary(term => term.Key, term => Math.Round(Math.Log(1 + ((double)files.Count / term.Value)), 3), StringComparer.Ordinal);
        // The researcher needs only the words: it starts while the planner still looks for the likely files.
        await work.Publish([Write("plan.terms", weights)]);
        var likely = new List<(string File, double Score)>();
        foreach (var file in files)
        {
            var passages = await corpus.Search(file, weights, stopped);
            if (passages.Count > 0) likely.Add((file, passages.Max(passage => passage.Score)));
        }

        return new()
        {
            Writes = [Write("plan.terms", weights), Write("plan.files", likely.OrderByDescending(file => file.Score).Take(3).Select(file => file.File))],
            Usage = Estimate(question.Length, 200),
        };
    }

    private static async Task<Completion> Research(IAgentWork work, CancellationToken stopped)
    {
        var weights = Read<Dictionary<string, double>>(work, "plan.terms");
        var corpus = new Corpus(Read<string>(work, "corpus.folder"));
        var files = corpus.Files();
        var found = new List<Passage>();
        for (var i = 0; i < files.Count; i++)
        {
            found.AddRange(await corpus.Search(files[i], weights, stopped));
            if (i % 10 == 0) await work.Report((double)i / files.Count, files[i]);
        }

        var best = found.OrderByDescending(passage => passage.Score).ThenBy(passage => passage.File, StringComparer.Ordinal).Take(PassagesMax).ToList();
        return new() { Writes = [Write("facts.passages", best)], Usage = Estimate(found.Sum(passage => passage.Text.Length), best.Sum(passage => passage.Text.Length)) };
    }

    private static async Task<Completion> Answer(IAgentWork work, TimeSpan pace, CancellationToken stopped)
    {
        var corpus = new Corpus(Read<string>(work, "corpus.folder"));
        var limit = Read<int>(work, "limits.citations");
        var passages = Read<List<Passage>>(work, "facts.passages");
        var cited = new List<Passage>();
        foreach (var passage in passages)
        {
            if (cited.Count == limit) break;
            await work.Report((double)cited.Count / limit, $"{passage.File}:{passage.Line}");
            if (await corpus.Says(passage.File, passage.Line, passage.Text, stopped)) cited.Add(passage);
            await Task.Delay(pace, TimeProvider.System, stopped);
        }

        var text = cited.Count == 0
            ? "The files say nothing about that."
            : string.Join("\n", cited.Select((passage, i) => $"{Shorten(passage.Text)} [{i + 1}]"));
        return new()
        {
            Writes =
            [
                Write("answer.text", text),
                Write("answer.citations", cited.Select((passage, i) => new { number = i + 1, passage.File, passage.Line })),
            ],
            Usage = Estimate(passages.Sum(passage => passage.Text.Length), text.Length),
        };
    }

    private static Task<Completion> Count(IAgentWork work, CancellationToken stopped) => Task.FromResult(new Completion
    {
        Writes = [Write("catalogue.files", new Corpus(Read<string>(work, "corpus.folder")).Files().Count)],
    });

    private static string Shorten(string text) => text.Length <= 400 ? text : text[..text.LastIndexOf(' ', 400)] + " …";

    // There is no model behind these agents; what one would have read and written is estimated at four characters a token.
    private static Usage Estimate(int read, int written) => new(read / 4, written / 4);

    private static ContextWrite Write<T>(string key, T value) => new(new(key), JsonValue.From(value));

    private static T Read<T>(IAgentWork work, string key)
    {
        var entry = work.Assignment.Context.Entries.FirstOrDefault(entry => entry.Key.Value == key)
            ?? throw new InvalidOperationException($"The view has no '{key}'.");
        return entry.Value.As<T>() ?? throw new InvalidOperationException($"'{key}' is null.");
    }
}
