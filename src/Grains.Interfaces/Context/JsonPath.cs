using System.Globalization;
using System.Text;

namespace Rosud.Context;

/// <summary>Where in a JSON text its reader is: the arrays and objects it is inside of. Becomes a JSON pointer when something is wrong there.</summary>
internal sealed class JsonPath
{
    private Level[] _levels = new Level[8];

    public int Depth { get; private set; }

    /// <summary>Whether the innermost level is an array.</summary>
    public bool IsArray => Depth > 0 && _levels[Depth - 1].IsArray;

    /// <summary>Goes into an array or object.</summary>
    /// <param name="firstMember">How many members of outer objects are known.</param>
    /// <param name="start">Where in the text its content begins.</param>
    public void Enter(bool isArray, int firstMember, int start)
    {
        if (Depth == _levels.Length) Array.Resize(ref _levels, 2 * Depth);
        _levels[Depth++] = new() { IsArray = isArray, FirstMember = firstMember, Start = start };
    }

    /// <summary>Goes out again; answers what <see cref="Enter"/> was told.</summary>
    public (int FirstMember, int Start) Leave()
    {
        ref var level = ref _levels[--Depth];
        return (level.FirstMember, level.Start);
    }

    /// <summary>Begins the next element or member. False when it is the first.</summary>
    public bool Next()
    {
        ref var level = ref _levels[Depth - 1];
        level.IsOpen = true;
        level.NameLength = 0;
        return level.Count++ > 0;
    }

    /// <summary>The member's name, with quotes, as it is in the text.</summary>
    public void Name(int start, int length)
    {
        ref var level = ref _levels[Depth - 1];
        (level.NameStart, level.NameLength) = (start, length);
    }

    /// <summary>Ends the element or member. Answers where a member's name is.</summary>
    public (int Start, int Length)? Ended()
    {
        if (Depth == 0) return null;
        ref var level = ref _levels[Depth - 1];
        level.IsOpen = false;
        return level.IsArray ? null : (level.NameStart, level.NameLength);
    }

    /// <summary>The JSON pointer of the element or member that is being read, or of <paramref name="member"/> in the innermost object.</summary>
    public string Pointer(ReadOnlySpan<byte> text, JsonMember? member)
    {
        var pointer = new StringBuilder();
        for (var i = 0; i < Depth; i++)
        {
            ref var level = ref _levels[i];
            if (!level.IsOpen) break;
            if (level.IsArray) pointer.Append('/').Append((level.Count - 1).ToString(CultureInfo.InvariantCulture));
            else if (level.NameLength > 0) Append(pointer, text.Slice(level.NameStart, level.NameLength));
        }

        if (member is { } found) Append(pointer, text.Slice(found.Start, found.NameLength));
        return pointer.ToString();
    }

    private static void Append(StringBuilder pointer, ReadOnlySpan<byte> name)
    {
        var rest = name[1..^1];
        var plain = new byte[rest.Length];
        var length = 0;
        while (rest.Length > 0) plain[length++] = JsonEscapes.Next(ref rest);
        pointer.Append('/').Append(Encoding.UTF8.GetString(plain, 0, length).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
    }

    private struct Level
    {
        public bool IsArray;
        public bool IsOpen;
        public int Count;
        public int FirstMember;
        public int Start;
        public int NameStart;
        public int NameLength;
    }
}
