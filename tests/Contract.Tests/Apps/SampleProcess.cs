using System.Diagnostics;

namespace Rosud.Apps;

/// <summary>A sample or a client's script as a process of its own.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private static readonly string Output = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

    private readonly Process _process;
    private readonly List<string> _said = [];
    private readonly List<(string Text, TaskCompletionSource Heard)> _awaited = [];
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SampleProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = new() { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Exited += (_, _) => _end.TrySetResult();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything it said so far.</summary>
    public string Said
    {
        get { lock (_said) return string.Join('\n', _said); }
    }

    /// <summary>Starts a built project of samples/.</summary>
    public static SampleProcess DotNet(string project, params string[] args) =>
        new(new("dotnet", [Path.Combine(Output, "../..", project, Path.GetFileName(Output), $"Rosud.{project}.dll"), .. args]));

    /// <summary>Starts a program in the repository.</summary>
    public static SampleProcess Start(string program, string[] args, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, args) { WorkingDirectory = QuickstartTests.Root() };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(start);
    }

    /// <summary>Returns when it has said a line with this text.</summary>
    public async Task Says(string text)
    {
        Task heard;
        lock (_said)
        {
            if (_said.Any(line => line.Contains(text, StringComparison.Ordinal))) return;
            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, waiting));
            heard = waiting.Task;
        }

        var first = await Task.WhenAny(heard, _end.Task).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(first == heard, $"It ended without saying '{text}':\n{Said}");
    }

    /// <summary>Its exit code, when it ends by itself.</summary>
    public async Task<int> Exit()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (_said)
        {
            _said.Add(line);
            foreach (var (text, heard) in _awaited)
            {
                if (line.Contains(text, StringComparison.Ordinal)) heard.TrySetResult();
            }
        }
    }
}
