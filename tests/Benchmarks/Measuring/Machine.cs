using System.Globalization;
using System.Runtime.InteropServices;

namespace Rosud.Measuring;

/// <summary>The machine that figures come from.</summary>
internal sealed record Machine(int Cores, string Cpu, string System, string Runtime, string FileSystem)
{
    /// <summary>A load per core over which other work, not ours, decides the figures.</summary>
    private const double SaneLoadPerCore = 0.75;

    /// <summary>This machine; <paramref name="folder"/> is where stores are kept.</summary>
    public static Machine Here(string folder) => new(
        Environment.ProcessorCount, CpuName(), RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription, new DriveInfo(folder).DriveFormat);

    /// <summary>Runnable tasks over the last minute, or 0 where the system does not say.</summary>
    public static double Load1() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    /// <summary>What to tell about a load that was there before the first measurement; null when it is low.</summary>
    public string? Busy(double load) => load <= Cores * SaneLoadPerCore ? null
        : string.Create(CultureInfo.InvariantCulture, $"The load was {load:0.00} on {Cores} cores before the first measurement: others were working here, so figures of time are worse than the machine's.");

    private static string CpuName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : RuntimeInformation.ProcessArchitecture.ToString();
}
