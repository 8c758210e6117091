using Microsoft.Extensions.Configuration.Memory;

namespace Rosud.Hosting;

/// <summary>
/// The settings files as they were built, inside the program: the weakest source. A host without files beside it, or with an <c>appsettings.json</c> that says something else,
/// has all that Rosud needs.
/// </summary>
internal static class ShippedSettings
{
    private const string File = "appsettings.json";

    /// <summary>Puts the settings, and on top of them those of <paramref name="environment"/> when there are some, before every other source.</summary>
    /// <param name="configuration">What the host is made of.</param>
    /// <param name="environment">For example Redis.</param>
    /// <param name="sections">Which of them.</param>
    public static void Add(IConfigurationManager configuration, string environment, params string[] sections)
    {
        var settings = Read(environment).AsEnumerable()
            .Where(setting => setting.Value is not null && sections.Contains(setting.Key.Split(':')[0], StringComparer.OrdinalIgnoreCase));
        configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = [.. settings] });
    }

    private static IConfigurationRoot Read(string environment)
    {
        var files = new ConfigurationBuilder();
        var open = new List<Stream>();
        try
        {
            foreach (var name in new[] { File, $"appsettings.{environment}.json" })
            {
                if (typeof(ShippedSettings).Assembly.GetManifestResourceStream(name) is not { } stream) continue;
                open.Add(stream);
                files.AddJsonStream(stream);
            }

            return files.Build();
        }
        finally
        {
            open.ForEach(stream => stream.Dispose());
        }
    }
}
