using System.Diagnostics;
using System.Globalization;

namespace Rosud.Hosting;

/// <summary>A process that faults are done to. It ends with this one at the latest.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly EventHandler _exit;

    private ChildProcess(Process process)
    {
        _process = process;
        _exit = (_, _) => KillNow();
        AppDomain.CurrentDomain.ProcessExit += _exit;
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program and returns when a line of its output has <paramref name="ready"/>.</summary>
    /// <exception cref="InvalidOperationException">It ended instead, or was not ready in a minute; the message has what it said.</exception>
    public static async Task<ChildProcess> Start(string program, IEnumerable<string> arguments, string ready, string folder)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        var child = new ChildProcess(Process.Start(start)!);
        var errors = child._process.StandardError.ReadToEndAsync();
        try
        {
            await child.Says(ready).WaitAsync(ReadyWithin, TimeProvider.System);
            return child;
        }
        catch (Exception failure) when (failure is TimeoutException or EndOfStreamException)
        {
            await child.DisposeAsync();
            throw new InvalidOperationException($"{Path.GetFileName(program)} did not start: {await errors}", failure);
        }
    }

    /// <summary>SIGKILL: it gets no chance to do anything.</summary>
    public async Task Kill()
    {
        KillNow();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGINT, and its end.</summary>
    public async Task Interrupt()
    {
        await Signal("-INT");
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGSTOP: it stands still and knows nothing of it.</summary>
    public Task Pause() => Signal("-STOP");

    /// <summary>SIGCONT.</summary>
    public Task Resume() => Signal("-CONT");

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= _exit;
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

        throw new EndOfStreamException("It ended.");
    }

    private void KillNow()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }
}
