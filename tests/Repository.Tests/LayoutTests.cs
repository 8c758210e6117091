namespace Rosud;

/// <summary>The shape of the tree is a promise to its readers; these tests keep it.</summary>
public sealed class LayoutTests
{
    private const int FileLinesMax = 400;

    private static readonly string[] VagueNames = ["Manager", "Helper", "Util", "Common", "Misc", "Base", "Impl", "Data", "Info"];

    public static TheoryData<string> SourceFiles() => new(Tree.Files("*.cs"));

    [Theory, MemberData(nameof(SourceFiles))]
    public void A_file_fits_in_one_sitting(string path) => Assert.InRange(Tree.Lines(path).Length, 1, FileLinesMax);

    [Fact]
    public void Most_files_are_short()
    {
        var lengths = Tree.Files("*.cs").Where(path => path.StartsWith("src", StringComparison.Ordinal)).Select(path => Tree.Lines(path).Length).Order().ToList();
        Assert.InRange(lengths[lengths.Count / 2], 1, 100);
    }

    [Theory, MemberData(nameof(SourceFiles))]
    public void A_file_is_named_for_what_it_is(string path) =>
        Assert.DoesNotContain(VagueNames, name => EndsInWord(Path.GetFileNameWithoutExtension(path), name));

    [Theory, MemberData(nameof(SourceFiles))]
    public void A_file_is_in_the_namespace_of_its_folder(string path)
    {
        var parts = path.Split(Path.DirectorySeparatorChar);
        if (parts is not ["src", _, .. var folders, _]) return;
        var expected = string.Join('.', folders.Prepend("Rosud"));
        var line = Tree.Lines(path).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal));
        if (line is not null) Assert.Equal($"namespace {expected};", line);
    }

    [Fact]
    public void Grains_and_their_interfaces_share_one_map_of_the_domain()
    {
        string[] machinery = ["Journal", "Streams"];   // Storage and stream adapters have no face outside.
        Assert.All(Tree.Folders("src/Grains").Except(machinery), folder => Assert.Contains(folder, Tree.Folders("src/Grains.Interfaces")));
    }

    [Fact]
    public void The_tree_has_the_parts_that_it_is_known_for()
    {
        string[] parts =
        [
            "Rosud.Orleans.sln", "global.json", "README.md", ".ci/run", "docs/architecture.md", "src/Grains", "src/Grains.Interfaces", "src/Silo", "src/Client", "tests",
        ];
        Assert.All(parts, part => Assert.True(Path.Exists(Path.Combine(Tree.Root, part)), part));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Tree.Read("Rosud.Orleans.sln").Replace('\\', '/');
        Assert.All(Tree.Files("*.csproj").Where(path => !path.StartsWith("samples", StringComparison.Ordinal)), project => Assert.Contains(project.Replace('\\', '/'), solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Tests_do_not_sleep_or_poll()
    {
        var sleeping =
            from path in Tree.Files("*.cs")
            where path.StartsWith("tests", StringComparison.Ordinal)
            where !path.StartsWith("tests/Benchmarks", StringComparison.Ordinal) && !path.StartsWith("tests/Faults", StringComparison.Ordinal)
            from line in Tree.Lines(path)
            where line.Contains("Task" + ".Delay(", StringComparison.Ordinal) || line.Contains("Thread" + ".Sleep(", StringComparison.Ordinal)
            select $"{path}: {line.Trim()}";
        Assert.Empty(sleeping);
    }

    [Fact]
    public void Every_package_version_is_pinned_in_one_place()
    {
        var elsewhere = Tree.Files("*.csproj").Where(path => Tree.Read(path).Contains("Version=\"", StringComparison.Ordinal));
        Assert.Empty(elsewhere);
        Assert.All(
            Tree.Lines("Directory.Packages.props").Where(line => line.Contains("<PackageVersion ", StringComparison.Ordinal)),
            line => Assert.Matches("Version=\"(\\d+\\.\\d+\\.\\d+(-[a-z0-9.]+)?|\\$\\(OrleansVersion\\))\"", line));
    }

    // "DatabaseInfo" ends in a vague word, "Datum" does not.
    private static bool EndsInWord(string name, string word) =>
        name.EndsWith(word, StringComparison.Ordinal) || name.Contains(word + ".", StringComparison.Ordinal);
}
