using System.Diagnostics;
using System.Globalization;

namespace Rosud.Hosting;

/// <summary>A PostgreSQL of one test with Rosud's tables in it, on its own loopback port and in its own folder. It refuses to run as root and then runs as nobody.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Nobody = "nobody";
    private const string Installed = "/usr/lib/postgresql";

    private readonly string _folder;
    private readonly ChildProcess _process;

    private PostgresServer(string folder, int port, ChildProcess process)
    {
        (_folder, _process) = (folder, process);
        Connection = string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Database=postgres;Username=rosud");
    }

    public string Connection { get; }

    /// <summary>The settings that make a host use it.</summary>
    public string[] Settings => ["--environment", "Postgres", $"--ConnectionStrings:postgres={Connection}"];

    /// <param name="hasTables">False leaves its database empty.</param>
    /// <exception cref="InvalidOperationException">It is not installed, or did not start.</exception>
    public static async Task<PostgresServer> Start(bool hasTables = true)
    {
        var folder = Directory.CreateTempSubdirectory("rosud-postgres-").FullName;
        var port = FreePort.Next();
        if (Environment.IsPrivilegedProcess) await Run("chown", Nobody, folder);
        await Run(AsNobody([Program("initdb"), "-D", folder, "-U", "rosud", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]));
        // What it says goes to its standard error; the shell becomes it.
        string[] command =
        [
            "sh", "-c", "exec \"$0\" \"$@\" 2>&1",
            Program("postgres"), "-D", folder, "-h", "127.0.0.1", "-p", string.Create(CultureInfo.InvariantCulture, $"{port}"), "-c", "unix_socket_directories=",
        ];
        var start = AsNobody(command);
        var server = new PostgresServer(folder, port, await ChildProcess.Start(start[0], start[1..], "ready to accept connections", folder));
        if (!hasTables) return server;
        await Run(
            Program("psql"), "-q", "-h", "127.0.0.1", "-p", string.Create(CultureInfo.InvariantCulture, $"{port}"), "-U", "rosud", "-d", "postgres",
            "-v", "ON_ERROR_STOP=1", "-f", Path.Combine(AppContext.BaseDirectory, "postgres.sql"));
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.Interrupt();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string[] AsNobody(string[] command) =>
        Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Nobody}", "--regid=nogroup", "--clear-groups", .. command] : command;

    // Debian keeps the server's programs off the path, a folder for each version.
    private static string Program(string name) =>
        (Directory.Exists(Installed) ? Directory.GetDirectories(Installed).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin", name)).FirstOrDefault(File.Exists) : null) ?? name;

    private static async Task Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{command[0]} is not there.");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', command)} failed (tests/run installs postgresql): {await output}{await errors}");
    }
}
