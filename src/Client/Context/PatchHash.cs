using System.Text;

namespace Rosud.Context;

/// <summary>Tells a repeated patch from another one under the same operation id.</summary>
internal static class PatchHash
{
    // Keys, patterns and names have no line breaks, and canonical JSON has none either: lines are unambiguous.
    public static ContentHash Of(ContextPatch patch)
    {
        var text = new StringBuilder($"{patch.Origin.Writer}\n{patch.BasedOn}\n{patch.Reads.Length}\n");
        foreach (var read in patch.Reads.Order()) text.Append(read.Value).Append('\n');
        foreach (var write in patch.Writes.OrderBy(write => write.Key)) text.Append(write.Key.Value).Append('\n').Append(write.Value).Append('\n');
        return ContentHash.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
