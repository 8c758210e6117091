namespace Rosud;

/// <summary>The repository's own files, as git would see them.</summary>
internal static class Tree
{
    private static readonly string[] NotOurs = ["artifacts", "bin", "obj", "node_modules", "data", ".git", "__pycache__"];

    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Files(string pattern) => Directory
        .EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path))
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Intersect(NotOurs, StringComparer.Ordinal).Any())
        .Order(StringComparer.Ordinal);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    public static string[] Folders(string path) =>
    [
        .. Directory.GetDirectories(Path.Combine(Root, path)).Select(folder => Path.GetFileName(folder)!).Except(NotOurs, StringComparer.Ordinal),
    ];

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Rosud.Orleans.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Rosud.Orleans.sln was not found above the test binaries.");
        }

        return folder;
    }
}
