using System.Text.RegularExpressions;

namespace Rosud.Demo;

/// <summary>A paragraph of a file and where it starts.</summary>
internal sealed record Passage(string File, int Line, string Text, double Score);

/// <summary>The text files of one folder: finds words, files and paragraphs in them.</summary>
internal sealed partial class Corpus
{
    private const int FilesMax = 2_000;
    private const long FileBytesMax = 1024 * 1024;

    private static readonly string[] Endings = [".md", ".txt", ".rst", ".adoc"];
    private static readonly string[] Skipped = ["node_modules", "artifacts", "bin", "obj", ".git", "data"];

    private static readonly HashSet<string> Common = new(
        ("a about all also an and any are as at be been but by can do does for from has have how i if in into is it its more most no not of on one or other "
        + "our out so some than that the their them then there these they this to up us was we were what when where which who why will with would you your").Split(' '),
        StringComparer.Ordinal);

    private readonly string _root;

    public Corpus(string root) => _root = Path.GetFullPath(root);

    /// <summary>The words of a text that carry meaning, in lower case, each once, in their order.</summary>
    public static IReadOnlyList<string> Terms(string text) =>
        [.. Words().Matches(text).Select(word => Stem(word.Value)).Where(word => word.Length > 1 && !Common.Contains(word)).Distinct(StringComparer.Ordinal)];

    /// <summary>The files, relative to the root, in order.</summary>
    public IReadOnlyList<string> Files() =>
    [
        .. new DirectoryInfo(_root).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
            .Where(file => Endings.Contains(file.Extension, StringComparer.OrdinalIgnoreCase) && file.Length <= FileBytesMax)
            .Select(file => Path.GetRelativePath(_root, file.FullName))
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Intersect(Skipped, StringComparer.Ordinal).Any() && IsMeant(path))
            .Order(StringComparer.Ordinal).Take(FilesMax),
    ];

    /// <summary>In how many files each term is.</summary>
    public async Task<IReadOnlyDictionary<string, int>> Spread(IReadOnlyList<string> terms, CancellationToken cancellationToken)
    {
        var spread = terms.ToDictionary(term => term, _ => 0, StringComparer.Ordinal);
        foreach (var file in Files())
        {
            var words = Terms(await File.ReadAllTextAsync(Path.Combine(_root, file), cancellationToken)).ToHashSet(StringComparer.Ordinal);
            foreach (var term in terms.Where(words.Contains)) spread[term]++;
        }

        return spread;
    }

    /// <summary>The paragraphs of one file that have any of the terms, each with a score: rarer terms and shorter paragraphs count more.</summary>
    public async Task<IReadOnlyList<Passage>> Search(string file, IReadOnlyDictionary<string, double> weights, CancellationToken cancellationToken)
    {
        var found = new List<Passage>();
        foreach (var (line, text) in Paragraphs(await File.ReadAllLinesAsync(Path.Combine(_root, file), cancellationToken)))
        {
            var words = Words().Matches(text).Select(word => Stem(word.Value)).ToList();
            var score = weights.Sum(term => term.Value * Saturated(words.Count(word => word == term.Key), words.Count));
            if (score > 0) found.Add(new(file, line, text, Math.Round(score, 3)));
        }

        return found;
    }

    /// <summary>Whether the file still says that at that line.</summary>
    public async Task<bool> Says(string file, int line, string text, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_root, file);
        if (!File.Exists(path)) return false;
        return Paragraphs(await File.ReadAllLinesAsync(path, cancellationToken)).Any(paragraph => paragraph == (line, text));
    }

    // Of this repository only what is written for readers: README and docs.
    private bool IsMeant(string path) => !File.Exists(Path.Combine(_root, "Rosud.Orleans.sln"))
        || path == "README.md" || path.StartsWith($"docs{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    // The usual saturation of repeated words, with a mild price on length (BM25 with k1 = 1.2, b = 0.5 against 60 words).
    private static double Saturated(int times, int length) => times == 0 ? 0 : times * 2.2 / (times + (1.2 * (0.5 + (0.5 * length / 60))));

    private static IEnumerable<(int Line, string Text)> Paragraphs(string[] lines)
    {
        var start = 0;
        var isCode = false;
        var text = new List<string>();
        for (var i = 0; i <= lines.Length; i++)
        {
            var fence = i < lines.Length && lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal);
            if (fence) isCode = !isCode;
            var ends = i == lines.Length || isCode || fence || string.IsNullOrWhiteSpace(lines[i]);
            var isItem = !ends && text.Count > 0 && Item().IsMatch(lines[i]);
            if ((ends || isItem) && text.Count > 0)
            {
                yield return (start + 1, string.Join(' ', text));
                text.Clear();
            }

            if (ends) continue;
            if (text.Count == 0) start = i;
            text.Add(lines[i].Trim());
        }
    }

    // Enough for a search of this size: a plural and its singular are one word.
    private static string Stem(string word)
    {
        var lower = word.ToLowerInvariant();
        return lower.Length > 4 && lower.EndsWith('s') && !lower.EndsWith("ss", StringComparison.Ordinal) ? lower[..^1] : lower;
    }

    [GeneratedRegex("[A-Za-z][A-Za-z0-9_]*")]
    private static partial Regex Words();

    [GeneratedRegex(@"^\s*([-*|#]|\d+\.)")]
    private static partial Regex Item();
}
