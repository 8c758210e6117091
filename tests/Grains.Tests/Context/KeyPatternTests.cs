using System.Collections.Immutable;
using CsCheck;

namespace Rosud.Context;

/// <summary>Keys and patterns against a list of all keys over a small alphabet.</summary>
public sealed class KeyPatternTests
{
    // Every text of up to four of these characters; which of them are keys is said by the grammar, not by the code.
    private static readonly string[] Texts = [.. Enumerable.Range(0, 5).SelectMany(length => Words(length, "aB._-*/"))];
    private static readonly System.Text.RegularExpressions.Regex KeyGrammar = new(@"\A[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\z");
    private static readonly System.Text.RegularExpressions.Regex PatternGrammar = new(@"\A(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.?\*)?)\z");

    private static readonly ContextKey[] Keys = [.. Enumerable.Range(1, 5).SelectMany(length => Words(length, "ab.")).Where(ContextKey.IsValid).Select(text => new ContextKey(text))];
    private static readonly Gen<KeyPattern> Pattern = Gen.OneOf([.. Enumerable.Range(1, 4).SelectMany(length => Words(length, "ab.*")).Where(KeyPattern.IsValid).Select(text => new KeyPattern(text))]);

    [Fact]
    public void Keys_and_patterns_are_what_their_grammar_says()
    {
        foreach (var text in Texts)
        {
            Assert.Equal(KeyGrammar.IsMatch(text), ContextKey.IsValid(text));
            Assert.Equal(PatternGrammar.IsMatch(text), KeyPattern.IsValid(text));
        }

        Assert.False(ContextKey.IsValid(null) || KeyPattern.IsValid(null));
    }

    [Fact]
    public void A_key_has_at_most_256_characters_and_a_pattern_too()
    {
        var longest = new string('k', 256);
        Assert.True(ContextKey.IsValid(longest) && KeyPattern.IsValid(longest) && KeyPattern.IsValid(longest[1..] + "*"));
        Assert.False(ContextKey.IsValid(longest + "k") || KeyPattern.IsValid(longest + "k") || KeyPattern.IsValid(longest + "*"));
    }

    [Fact]
    public void Garbage_is_no_key_and_never_throws() =>
        Gen.String.Sample(text =>
        {
            Assert.Equal(text.Length <= 256 && KeyGrammar.IsMatch(text), ContextKey.IsValid(text));
            Assert.Equal(text.Length <= 256 && PatternGrammar.IsMatch(text), KeyPattern.IsValid(text));
        }, iter: Cases.Of(100_000));

    [Fact]
    public void Matches_overlaps_and_covers_agree_with_the_list_of_all_keys() =>
        Gen.Select(Pattern, Pattern).Sample((x, y) =>
        {
            var (ofX, ofY) = (Matching(x), Matching(y));
            Assert.Equal(x.IsExact ? [x.Value] : Keys.Select(key => key.Value).Where(key => key.StartsWith(x.Value[..^1], StringComparison.Ordinal)), ofX.Select(key => key.Value));
            Assert.Equal(ofX.Intersect(ofY).Any(), x.Overlaps(y));
            Assert.Equal(!ofY.Except(ofX).Any(), x.Covers(y));
        }, iter: Cases.Of(10_000));

    [Fact]
    public void Ranges_of_sorted_keys_are_what_the_patterns_match() =>
        Gen.Select(Gen.OneOf(Keys).HashSet[0, 30], Pattern.Array[1, 4]).Sample((some, patterns) =>
        {
            var keys = some.ToImmutableSortedSet();
            var ranges = KeyRange.Of(keys, patterns.ToImmutableArray());
            Assert.Equal(keys.Where(key => patterns.Any(pattern => pattern.Matches(key))), ranges.SelectMany(range => range.Keys(keys)));
            foreach (var pattern in patterns) Assert.Equal(keys.Where(pattern.Matches), KeyRange.Of(keys, pattern).Keys(keys));
        }, iter: Cases.Of(10_000));

    [Fact]
    public void Keys_are_in_the_order_of_their_bytes() =>
        Gen.Select(Gen.OneOf(Keys), Gen.OneOf(Keys)).Sample((x, y) =>
            Assert.Equal(Math.Sign(System.Text.Encoding.UTF8.GetBytes(x.Value).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(y.Value))), Math.Sign(x.CompareTo(y))), iter: Cases.Of(10_000));

    private static ContextKey[] Matching(KeyPattern pattern) => [.. Keys.Where(pattern.Matches)];

    private static IEnumerable<string> Words(int length, string alphabet) =>
        length == 0 ? [""] : Words(length - 1, alphabet).SelectMany(word => alphabet.Select(c => word + c));
}
