using System.Text.RegularExpressions;

namespace Rosud.Context;

/// <summary>The table of docs/conflicts.md: what becomes of a write, for each mode, writer and situation.</summary>
internal static partial class ConflictTable
{
    public static readonly string[] Situations = ["up to date", "blind", "based on an old version", "stale read-modify-write"];

    /// <summary>Every cell: the mode, the writer's name, the situation, the outcome and the value that is there afterwards.</summary>
    public static IEnumerable<(string Mode, string Writer, string Situation, string Outcome, int Value)> Cells()
    {
        var lines = File.ReadLines(Path.Combine(Root(), "docs", "conflicts.md")).SkipWhile(line => !line.StartsWith("| mode | writer |", StringComparison.Ordinal));
        var rows = lines.TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]).ToList();
        Assert.Equal(Situations, rows[0][2..]);
        foreach (var row in rows.Skip(2))
        {
            for (var i = 0; i < Situations.Length; i++)
            {
                var cell = Cell().Match(row[2 + i]);
                Assert.True(cell.Success, $"No outcome: {row[2 + i]}");
                yield return (Mode().Match(row[0]).Groups[1].Value, WriterOf(row[1]), Situations[i], cell.Groups[1].Value, int.Parse(cell.Groups[2].Value, null));
            }
        }
    }

    public static long? BasedOn(string situation) => situation switch { "up to date" => 2, "blind" => null, _ => 1 };

    private static string WriterOf(string words) => words switch
    {
        "anybody" or "another" => "somebody",
        "the owner" => "owner",
        "ranked above `other`, or as `other`" => "owner",
        "ranked below `other`" => "somebody",
        _ => throw new InvalidDataException($"Who is {words}?"),
    };

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Rosud.Orleans.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("The repository was not found.");
        return folder;
    }

    [GeneratedRegex("^`([a-z_]+)`")]
    private static partial Regex Mode();

    [GeneratedRegex("^([0-9a-z -]+), k = ([0-9]+)$")]
    private static partial Regex Cell();
}
