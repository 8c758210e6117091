using System.Diagnostics;

namespace Rosud.Hosting;

/// <summary>One of the repository's programs with a command that ends by itself.</summary>
internal static class BuiltProgram
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    /// <summary>Runs <c>Rosud.{name}</c> to its end; after three minutes it is killed with all it has started.</summary>
    public static async Task<(int Code, string Output, string Errors)> Run(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"Rosud.{name}.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Longest);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        return (process.ExitCode, await output, await errors);
    }
}
