using System.Text;
using CsCheck;

namespace Rosud.Context;

/// <summary>SEMANTICS C7.</summary>
public sealed class CanonicalJsonTests
{
    [Fact]
    public void C7_Every_spelling_of_a_value_has_the_one_canonical_form() =>
        Gen.Select(JsonModel.Node, Gen.Int, Gen.Int).Sample((node, seed, other) =>
        {
            var canonical = JsonModel.Canonical(node);
            Assert.Equal(canonical, JsonValue.Parse(JsonModel.Spell(node, new(seed))).ToString());
            Assert.Equal(canonical, JsonValue.Parse(JsonModel.Spell(node, new(other))).ToString());
            Assert.Equal(canonical, JsonValue.Parse(canonical).ToString());
        }, iter: Cases.Of(20_000));

    [Theory]
    [InlineData("{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}")]
    [InlineData("{ \"a\" : [ 1 , 2.0e+1 ] }", "{\"a\":[1,2.0e+1]}")]
    [InlineData("{\"\\uffff\":1,\"\\ud83d\\ude00\":2}", "{\"\uffff\":1,\"\ud83d\ude00\":2}")]   // Other than in UTF-16.
    [InlineData("{\"#\":1,\"\\\"\":2,\"!\":3}", "{\"!\":3,\"\\\"\":2,\"#\":1}")]               // By the character, not by its escape.
    [InlineData("{\"\\u000b\":1,\"\\n\":2,\"\\t\":3}", "{\"\\t\":3,\"\\n\":2,\"\\u000b\":1}")]
    [InlineData("{\"ab\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"ab\":1}")]
    [InlineData("\"\\u0041\\/\\u00e9\\u001F\\u007f\"", "\"A/é\\u001f\u007f\"")]
    [InlineData("\uFEFF 1 ", "1")]
    [InlineData("-0.0", "-0.0")]
    public void C7_Examples(string text, string canonical) => Assert.Equal(canonical, JsonValue.Parse(text).ToString());

    [Theory]
    [InlineData("", "", "invalid_json")]
    [InlineData("nul", "", "invalid_json")]
    [InlineData("1 2", "", "invalid_json")]
    [InlineData("{} x", "", "invalid_json")]
    [InlineData("{}\uFEFF", "", "invalid_json")]
    [InlineData("// c\n1", "", "invalid_json")]
    [InlineData("[1,]", "", "invalid_json")]
    [InlineData("[1,x]", "", "invalid_json")]
    [InlineData("{\"a\":{\"b\":[0,{\"c\":x}]}}", "/a/b/1/c", "invalid_json")]
    [InlineData("{\"a\":1,x}", "", "invalid_json")]
    [InlineData("[01]", "", "invalid_json")]
    [InlineData("[NaN]", "", "invalid_json")]
    [InlineData("\"\u0001\"", "", "invalid_json")]
    [InlineData("{\"a\":[1,{\"x~/\":1,\"b\":2,\"x\\u007e/\":3}]}", "/a/1/x~0~1", "duplicate_name")]
    [InlineData("{\"a\":1,\"a\":1}", "/a", "duplicate_name")]
    [InlineData("{\"a\":\"\\ud800\"}", "/a", "lone_surrogate")]
    [InlineData("[0,\"\\udc00\\ud800\"]", "/1", "lone_surrogate")]
    [InlineData("{\"a\":{\"\\ud800\":1}}", "/a", "lone_surrogate")]
    [InlineData("{\"a\":[12345678901234567890123456789012345678901234567890123456789012345]}", "/a/0", "number_too_long")]
    public void C7_What_is_wrong_is_named_with_its_place(string text, string pointer, string code)
    {
        Assert.False(JsonValue.TryParse(Encoding.UTF8.GetBytes(text), out var value, out var error));
        Assert.Null(value);
        Assert.Equal((pointer, code), (error.Pointer, error.Code));
    }

    [Fact]
    public void C7_Invalid_UTF8_is_refused()
    {
        Assert.False(JsonValue.TryParse([(byte)'"', 0xC3, (byte)'"'], out _, out var error));
        Assert.Equal("invalid_utf8", error.Code);
    }

    [Fact]
    public void C7_Nesting_ends_at_64()
    {
        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
        Assert.Equal(Nested(64), JsonValue.Parse(Nested(64)).ToString());
        Assert.False(JsonValue.TryParse(Encoding.UTF8.GetBytes(Nested(65)), out _, out var error));
        Assert.Equal((string.Concat(Enumerable.Repeat("/0", 64)), "too_deep"), (error.Pointer, error.Code));
        Assert.False(JsonValue.TryParse(Encoding.UTF8.GetBytes(new string('[', 100_000)), out _, out error));
        Assert.Equal("too_deep", error.Code);
    }

    [Fact]
    public void C7_Numbers_of_64_characters_stay_as_they_are()
    {
        var number = $"-0.{new string('1', 58)}e-9";
        Assert.Equal(64, number.Length);
        Assert.Equal(number, JsonValue.Parse(number).ToString());
    }

    [Fact]
    public void No_bytes_make_it_throw()
    {
        var bytes = Gen.OneOf(
            Gen.Byte.Array[0, 40],
            Gen.OneOf("{", "}", "[", "]", ",", ":", "\"", "\\", "\"a\"", "\"\\n\"", "\\u", "d800", "1", "-", "e", ".", "true", "nul", " ", "\uFEFF", "é", "\0").Array[0, 16].Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts))),
            Gen.Select(JsonModel.Node, Gen.Int, Gen.Int[0, 200], Gen.Byte, (node, seed, at, wrong) => Broken(Encoding.UTF8.GetBytes(JsonModel.Spell(node, new(seed))), at, wrong)));
        bytes.Sample(text =>
        {
            var isGood = JsonValue.TryParse(text, out var value, out var error);
            Assert.Equal(isGood, error is null);
            if (isGood) Assert.Equal(value, JsonValue.Parse(value!.Utf8.Span));
            else Assert.NotEmpty(error!.Code);
        }, iter: Cases.Of(100_000));
    }

    public static TheoryData<string> Large => new("empty objects", "deep objects", "wide objects", "wide objects in order", "one-member objects in one another", "long names", "escaped names");

    [Theory]   // Memory says whether work was done again and again: what is rented is not counted, so only the result and its members are left.
    [MemberData(nameof(Large))]
    public void A_mebibyte_takes_little_more_than_its_result(string kind)
    {
        var text = LargeText(kind);
        JsonValue.Parse(text);   // Fills the pools.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var value = JsonValue.Parse(text);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(value.Length, 900_000, 1_050_000);
        Assert.InRange(allocated, value.Length, 9 * value.Length);
    }

    private static byte[] LargeText(string kind)
    {
        static string Fill(Func<int, string> part)
        {
            var parts = new List<string>();
            for (var size = 0; size < 1_000_000; size += parts[^1].Length + 1) parts.Add(part(parts.Count));
            return string.Join(",", parts);
        }

        return Encoding.UTF8.GetBytes(kind switch
        {
            "empty objects" => $"[{Fill(_ => "{}")}]",
            "deep objects" => $"[{Fill(_ => string.Concat(Enumerable.Repeat("{\"b\":0,\"a\":", 62)) + "0" + new string('}', 62))}]",
            "wide objects" => $"{{{Fill(i => $"\"{unchecked((uint)i * 2654435761)}\":0")}}}",
            "wide objects in order" => $"{{{Fill(i => $"\"{i:d9}\":0")}}}",
            "one-member objects in one another" => string.Concat(Enumerable.Repeat("{\"z\":0,\"a\":", 63)) + $"{{{Fill(i => $"\"{1_000_000 - i:d9}\":0")}}}" + new string('}', 63),
            "long names" => $"{{{Fill(i => $"\"{new string('x', 1000)}{9999 - i:d4}\":0")}}}",
            _ => $"{{{Fill(i => $"\"\\n{9_999_999 - i:d7}\":0")}}}",
        });
    }

    private static byte[] Broken(byte[] text, int at, byte wrong)
    {
        if (text.Length > 0) text[at % text.Length] = wrong;
        return text;
    }
}
