using System.Diagnostics;

namespace Rosud.Benchmarks;

/// <summary>The benchmarks' program, once.</summary>
internal static class QuickRun
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    public static async Task<(int Code, string Output)> Of(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Rosud.Benchmarks.dll"), .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Longest);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        return (process.ExitCode, await output);
    }
}
