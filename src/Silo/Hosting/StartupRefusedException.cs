using Microsoft.Extensions.Options;

namespace Rosud.Hosting;

/// <summary>The host cannot start as it is configured. The message is one line for the person who started it.</summary>
internal class StartupRefusedException(string message, Exception? cause = null) : InvalidOperationException(message, cause)
{
    /// <summary>What to tell a person about any failure to start, in one line.</summary>
    public static string Sentence(Exception failure)
    {
        var told = failure switch
        {
            StartupRefusedException => failure.Message,
            OptionsValidationException invalid => string.Join(' ', invalid.Failures),
            { InnerException: null } => $"{failure.GetType().Name}: {failure.Message}",
            _ => $"{failure.Message} ({Deepest(failure).Message})",
        };
        return $"Rosud did not start: {told.ReplaceLineEndings(" ")}";
    }

    private static Exception Deepest(Exception failure) => failure.InnerException is { } inner ? Deepest(inner) : failure;
}

/// <summary>Something that must hold before the silo starts.</summary>
internal interface IStartupCheck
{
    /// <exception cref="StartupRefusedException">It does not hold.</exception>
    void Run();
}
