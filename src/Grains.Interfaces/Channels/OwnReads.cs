namespace Rosud.Channels;

/// <summary>How a host says that a read of a channel is its own, and not that of somebody who asked: such reads are not counted (SEMANTICS C16).</summary>
internal static class OwnReads
{
    private const string Mark = "rosud.own-read";

    /// <summary>Whether the call that is being served is one of them.</summary>
    public static bool IsThis => RequestContext.Get(Mark) is true;

    /// <summary>Calls as the host itself.</summary>
    public static async Task<T> Of<T>(Func<Task<T>> read)
    {
        RequestContext.Set(Mark, true);   // For what this method calls, and no longer than that.
        return await read();
    }
}
