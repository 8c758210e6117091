namespace Rosud.Context;

/// <summary>Where in the canonical text a member is: its name (with quotes) and all of it.</summary>
internal readonly record struct JsonMember(int Start, int NameLength, int Length, bool IsEscaped);

/// <summary>The order of members: that of their names' UTF-8 bytes, without escapes.</summary>
internal readonly struct JsonMemberOrder(byte[] text) : IComparer<JsonMember>
{
    public int Compare(JsonMember x, JsonMember y)
    {
        var left = Name(x);
        var right = Name(y);
        if (!x.IsEscaped && !y.IsEscaped) return left.SequenceCompareTo(right);
        while (left.Length > 0 && right.Length > 0)
        {
            var order = JsonEscapes.Next(ref left).CompareTo(JsonEscapes.Next(ref right));
            if (order != 0) return order;
        }

        return left.Length.CompareTo(right.Length);
    }

    private ReadOnlySpan<byte> Name(JsonMember member) => text.AsSpan(member.Start + 1, member.NameLength - 2);
}
