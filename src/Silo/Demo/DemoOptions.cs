using System.Globalization;

namespace Rosud.Demo;

/// <summary>What <c>demo</c> was asked: <c>--question</c>, <c>--folder</c>, <c>--pace</c> and <c>--once</c>.</summary>
/// <param name="Question">What the agents answer.</param>
/// <param name="Folder">The folder whose text files they search.</param>
/// <param name="Pace">How long the executor rests after each passage.</param>
/// <param name="Once">Stop after the answer instead of serving on.</param>
internal sealed record DemoOptions(string Question, string Folder, TimeSpan Pace, bool Once)
{
    public const string Verb = "demo";

    private const string DefaultQuestion = "What happens to a step when the context that it read has changed?";

    /// <summary>Takes the demo's own words out of the command line; the rest is the host's.</summary>
    /// <exception cref="ArgumentException">A word lacks its value or the folder is not there.</exception>
    public static (DemoOptions? Demo, string[] HostArguments) From(string[] args)
    {
        if (args.Length == 0 || args[0] != Verb) return (null, args);
        var (question, folder, pace, once) = (DefaultQuestion, DefaultFolder(), 150, false);
        var rest = new List<string>();
        for (var i = 1; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--question":
                    question = Value(args, ref i);
                    break;
                case "--folder":
                    folder = Value(args, ref i);
                    break;
                case "--pace":
                    var text = Value(args, ref i);
                    if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out pace) || pace > 10_000) throw new ArgumentException("--pace takes 0 to 10000 milliseconds.");
                    break;
                case "--once":
                    once = true;
                    break;
                default:
                    rest.Add(args[i]);
                    break;
            }
        }

        if (!Directory.Exists(folder)) throw new ArgumentException($"There is no folder '{folder}'.");
        if (question.Length is 0 or > 4_096) throw new ArgumentException("--question takes 1 to 4096 characters.");
        return (new(question, Path.GetFullPath(folder), TimeSpan.FromMilliseconds(pace), once), [.. rest]);
    }

    private static string Value(string[] args, ref int i) =>
        ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value.");

    // The repository this was built from or is started in: its README and docs.
    private static string DefaultFolder()
    {
        foreach (var start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Rosud.Orleans.sln"))) return folder.FullName;
            }
        }

        return Directory.GetCurrentDirectory();
    }
}
