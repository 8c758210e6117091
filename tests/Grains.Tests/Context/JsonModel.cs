using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace Rosud.Context;

/// <summary>Random JSON, many ways to spell it, and its canonical form by the book.</summary>
internal static class JsonModel
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("a", "b", "ab", "", "a.b", "é", "\uffff", "\ud83d\ude00", "~/", "\"", "\\", "\n", "\u0001", "\u007f", "a\u0000", "<&>'"),
        Gen.Char[' ', 'z'].Array[0, 6].Select(chars => new string(chars)),
        Gen.OneOf("\u0000", "\b", "\t", "\"", "\\", "#", "[", "\u001f", "\ue000", "\ud800\udc00", "z").Array[0, 4].Select(string.Concat));

    private static readonly Gen<string> Number = Gen.OneOf(
        Gen.OneOf("0", "-0", "1", "1.0", "1e5", "1E+5", "-12.50e-3", new string('9', 64)),
        Gen.Long.Select(number => $"{number}"));

    /// <summary>A JSON value.</summary>
    public static Gen<JsonNode?> Node { get; } = Deep(3);

    /// <summary>The canonical text, written by recursion.</summary>
    public static string Canonical(JsonNode? node) => node switch
    {
        null => "null",
        JsonArray array => $"[{string.Join(",", array.Select(Canonical))}]",
        JsonObject members => $"{{{string.Join(",", members.OrderBy(member => Convert.ToHexString(Encoding.UTF8.GetBytes(member.Key)), StringComparer.Ordinal).Select(member => $"{Quote(member.Key)}:{Canonical(member.Value)}"))}}}",
        _ when node.GetValueKind() == System.Text.Json.JsonValueKind.String => Quote(node.GetValue<string>()),
        _ => node.ToJsonString(),
    };

    /// <summary>One of the many texts of the same value: other order, other escapes, white space.</summary>
    public static string Spell(JsonNode? node, Random random)
    {
        var text = node switch
        {
            JsonArray array => $"[{string.Join(",", array.Select(element => Spell(element, random)))}{Space(random)}]",
            JsonObject members => $"{{{string.Join(",", Shuffled(members, random).Select(member => $"{Space(random)}{Spell(member.Key, random)}{Space(random)}:{Spell(member.Value, random)}"))}{Space(random)}}}",
            not null when node.GetValueKind() == System.Text.Json.JsonValueKind.String => Spell(node.GetValue<string>(), random),
            _ => Canonical(node),
        };
        return Space(random) + text + Space(random);
    }

    private static Gen<JsonNode?> Deep(int depth)
    {
        var leaf = Gen.OneOf<JsonNode?>(
            Text.Select(text => (JsonNode?)System.Text.Json.Nodes.JsonValue.Create(text)),
            Number.Select(number => JsonNode.Parse(number)),
            Gen.OneOf("true", "false", "null").Select(word => JsonNode.Parse(word)));
        if (depth == 0) return leaf;
        var inner = Deep(depth - 1);
        return Gen.OneOf<JsonNode?>(
            leaf,
            inner.Array[0, 4].Select(nodes => (JsonNode?)new JsonArray([.. nodes.Select(node => node?.DeepClone())])),
            Gen.Select(Text, inner).Array[0, 5].Select(members => (JsonNode?)new JsonObject(members.DistinctBy(member => member.Item1).Select(member => KeyValuePair.Create(member.Item1, member.Item2?.DeepClone())))));
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' => $"\\u{(int)c:x4}",
                _ => $"{c}",
            });
        }

        return quoted.Append('"').ToString();
    }

    private static string Spell(string text, Random random) => string.Concat(text.EnumerateRunes().Select(rune => random.Next(4) switch
    {
        0 => string.Concat(rune.ToString().Select(c => $"\\u{(int)c:X4}")),
        1 when rune.Value == '/' => "\\/",
        _ => Quote(rune.ToString())[1..^1],
    }).Prepend("\"").Append("\""));

    private static KeyValuePair<string, JsonNode?>[] Shuffled(JsonObject members, Random random)
    {
        var shuffled = members.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }

    private static string Space(Random random) => new[] { "", "", "", " ", "\n", "\t\r " }[random.Next(6)];
}
