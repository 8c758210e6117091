using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Rosud.Hosting;

/// <summary>A process that belongs to this one: it is ready when it says so, and ends with this one at the latest.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private Child(Process process)
    {
        _process = process;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => KillNow();
    }

    /// <summary>All processor time it has used.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a program and waits until a line of its output has <paramref name="ready"/>.</summary>
    /// <exception cref="Win32Exception">There is no such program.</exception>
    /// <exception cref="InvalidOperationException">It ended instead; the message has what it said.</exception>
    public static async Task<Child> Start(string program, IEnumerable<string> arguments, string ready, string folder)
    {
        var child = new Child(Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
        var errors = child._process.StandardError.ReadToEndAsync();
        try
        {
            await child.Says(ready).WaitAsync(ReadyWithin, TimeProvider.System);
            return child;
        }
        catch (Exception failure)
        {
            child.KillNow();
            throw new InvalidOperationException($"{Path.GetFileName(program)} did not start: {await errors}", failure);
        }
    }

    /// <summary>Ends when the process has ended, for whatever reason.</summary>
    public Task Ended(CancellationToken stopped) => _process.WaitForExitAsync(stopped);

    /// <summary>SIGKILL: it gets no chance to do anything.</summary>
    public async Task Kill()
    {
        KillNow();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGSTOP: it stands still and knows nothing of it.</summary>
    public Task Pause() => Signal("-STOP");

    /// <summary>SIGCONT.</summary>
    public Task Resume() => Signal("-CONT");

    /// <summary>SIGKILL: what it kept is of no use any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
    }

    private async Task Signal(string signal)
    {
        if (_process.HasExited) return;
        using var kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private async Task Says(string ready)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.Contains(ready, StringComparison.Ordinal)) continue;
            _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);   // Else a full pipe would block it.
            return;
        }

        throw new InvalidOperationException("It ended.");
    }

    private void KillNow()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended, or was let go.
        }
    }
}
