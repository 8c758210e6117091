using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Rosud.Measuring;

/// <summary>What this disk takes to make 4 KiB durable: the unit that durable commits are measured in.</summary>
internal static class Disk
{
    private const int Bytes = 4096;

    /// <summary>Appends 4 KiB and calls fdatasync, <paramref name="times"/> times, to a file in <paramref name="folder"/>.</summary>
    public static Latencies Sync(string folder, int times)
    {
        var path = Path.Combine(folder, "fdatasync.probe");
        var block = new byte[Bytes];
        var latencies = new Latencies();
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            for (var i = 0; i < times; i++)
            {
                var began = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, block, (long)i * Bytes);
                if (FlushData(file) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
                latencies.Since(began);
            }
        }

        File.Delete(path);
        return latencies;
    }

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FlushData(SafeFileHandle file);
}
