using System.Numerics;
using System.Text.Json.Nodes;
using CsCheck;
using Rosud.Channels;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>SEMANTICS C8.</summary>
public sealed class MergeFoldTests
{
    [Theory]
    [InlineData(MergeKind.Append, null, "1", "[1]")]
    [InlineData(MergeKind.Append, null, "[]", "[]")]
    [InlineData(MergeKind.Append, null, "[1,[2]]", "[1,[2]]")]
    [InlineData(MergeKind.Append, "[1]", "[1,2]", "[1,1,2]")]
    [InlineData(MergeKind.Append, "[1]", "{\"a\":[2]}", "[1,{\"a\":[2]}]")]
    [InlineData(MergeKind.Append, "[1]", "[[2,3]]", "[1,[2,3]]")]
    [InlineData(MergeKind.Union, "[2,1]", "[1,3,2,3]", "[2,1,3]")]
    [InlineData(MergeKind.Union, "[1,1]", "1", "[1]")]
    [InlineData(MergeKind.Union, null, "[{\"b\":1,\"a\":2},{\"a\":2,\"b\":1}]", "[{\"a\":2,\"b\":1}]")]
    [InlineData(MergeKind.Union, "[1]", "1.0", "[1,1.0]")]
    [InlineData(MergeKind.Union, "[]", "[\"a,b\",\"a\"]", "[\"a,b\",\"a\"]")]
    [InlineData(MergeKind.Sum, null, "1.50", "1.5")]
    [InlineData(MergeKind.Sum, "0.1", "0.2", "0.3")]
    [InlineData(MergeKind.Sum, "1", "-1", "0")]
    [InlineData(MergeKind.Sum, "1e3", "0.5", "1000.5")]
    [InlineData(MergeKind.Sum, "999999999999999999999999999", "0.1", "999999999999999999999999999.1")]
    [InlineData(MergeKind.Sum, "-0", "-0.0", "0")]
    [InlineData(MergeKind.Sum, "0e99999999999999999999", "1", "1")]
    [InlineData(MergeKind.Max, null, "1.50", "1.50")]
    [InlineData(MergeKind.Max, "1.5", "1.50", "1.5")]
    [InlineData(MergeKind.Max, "1.5", "1.51", "1.51")]
    [InlineData(MergeKind.Max, "-2", "-3", "-2")]
    [InlineData(MergeKind.Min, "2", "1e0", "1e0")]
    [InlineData(MergeKind.Min, "2", "2.0", "2")]
    [InlineData(MergeKind.JsonMerge, null, "{\"a\":1,\"b\":null}", "{\"a\":1}")]
    [InlineData(MergeKind.JsonMerge, "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":null,\"d\":3}}", "{\"a\":{\"c\":2,\"d\":3}}")]
    [InlineData(MergeKind.JsonMerge, "{\"a\":[1]}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}")]
    [InlineData(MergeKind.JsonMerge, "[1]", "{\"a\":1}", "{\"a\":1}")]
    [InlineData(MergeKind.JsonMerge, "{\"a\":1}", "[null]", "[null]")]
    [InlineData(MergeKind.JsonMerge, "{\"a\":1}", "null", "null")]
    [InlineData(MergeKind.JsonMerge, "{\"n\":1.0}", "{\"m\":1e2}", "{\"m\":1e2,\"n\":1.0}")]
    [InlineData(MergeKind.JsonMerge, "{\"é\":1}", "{\"CamelCase\":\"<&>\"}", "{\"CamelCase\":\"<&>\",\"é\":1}")]
    public void C8_Each_fold_has_its_result(MergeKind fold, string? there, string written, string result) =>
        Assert.Equal(Json(result).ToString(), MergeFold.Fold(fold, there is null ? null : Json(there), Json(written)).Value?.ToString());

    [Theory]
    [InlineData(MergeKind.Append, "1", "1", "wrong_type")]
    [InlineData(MergeKind.Union, "{}", "1", "wrong_type")]
    [InlineData(MergeKind.Sum, "1", "\"1\"", "wrong_type")]
    [InlineData(MergeKind.Sum, "null", "1", "wrong_type")]
    [InlineData(MergeKind.Sum, "1", "12345678901234567890123456789", "wrong_type")]
    [InlineData(MergeKind.Sum, "1", "1e28", "wrong_type")]
    [InlineData(MergeKind.Sum, "1", "1e-29", "wrong_type")]
    [InlineData(MergeKind.Sum, "1", "1e99999999999999999999", "wrong_type")]
    [InlineData(MergeKind.Sum, "1", "1e-300", "wrong_type")]
    [InlineData(MergeKind.Sum, "9999999999999999999999999999", "1", "overflow")]
    [InlineData(MergeKind.Sum, "9999999999999999999999999999", "0.1", "overflow")]
    [InlineData(MergeKind.Max, "1", "true", "wrong_type")]
    public void C8_What_cannot_be_folded_is_refused(MergeKind fold, string there, string written, string code)
    {
        Assert.Equal(code, MergeFold.Fold(fold, Json(there), Json(written)).Code);
        var refused = Assert.IsType<PatchVerdict.Refused>(ContextLog.Empty.Commit(Set("k", there)).Judge(Merging(fold), Patch(null, Set("k", written))));
        Assert.Equal(("/set/k", code), (refused.Problem.Errors.Single().Pointer, refused.Problem.Errors.Single().Code));
    }

    [Theory]
    [InlineData(MergeKind.Append)]
    [InlineData(MergeKind.Union)]
    public void C8_An_element_may_not_make_the_array_too_deep(MergeKind fold)
    {
        var deepest = Json(new string('[', 64) + new string(']', 64));

        Assert.NotNull(MergeFold.Fold(fold, null, deepest).Value);   // Its one element is an array of depth 63.
        Assert.Equal("too_deep", MergeFold.Fold(fold, null, Json("{\"a\":" + new string('[', 63) + new string(']', 63) + "}")).Code);
        Assert.NotNull(MergeFold.Fold(fold, null, Json("{\"a\":" + new string('[', 62) + new string(']', 62) + "}")).Value);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void C8_An_element_is_as_deep_as_its_objects_are_whatever_is_in_them(int depth, bool fits)
    {
        var element = Json(string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth));

        Assert.Equal(fits ? null : "too_deep", MergeFold.Fold(MergeKind.Append, Json("[1]"), element).Code);
    }

    [Theory]
    [InlineData(MergeKind.Append, "1", "1", "The value that is there is no array: delete the key to start over.")]
    [InlineData(MergeKind.Sum, "1", "true", "The write must be a decimal number of at most 28 digits.")]
    [InlineData(MergeKind.Sum, "true", "1", "The value that is there is no decimal number of at most 28 digits: delete the key to start over.")]
    [InlineData(MergeKind.Sum, "9999999999999999999999999999", "1", "The sum has more than 28 digits.")]
    public void C8_What_cannot_be_folded_is_said_in_words(MergeKind fold, string there, string written, string message) =>
        Assert.Equal(message, MergeFold.Fold(fold, Json(there), Json(written)).Message);

    [Fact]
    public void C8_What_would_be_too_deep_is_said_in_words() => Assert.Equal(
        "With this element the array would nest deeper than 64.",
        MergeFold.Fold(MergeKind.Union, null, Json(string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "{}" + new string('}', 63))).Message);

    [Fact]
    public void C8_A_key_that_merges_without_a_fold_takes_no_write()
    {
        var refused = Assert.IsType<PatchVerdict.Refused>(ContextLog.Empty.Judge(Sync(ConflictResolution.Merge), Patch(null, Set("k", "1"))));

        Assert.Equal([new Tenants.ProblemError("/set/k", "The key merges writes, but its policy does not say how.", "no_fold")], refused.Problem.Errors.ToArray());
    }

    [Fact]
    public void C8_A_number_may_have_28_digits_after_the_point()
    {
        var smallest = Json($"0.{new string('0', 27)}1");

        Assert.Equal(smallest, MergeFold.Fold(MergeKind.Sum, null, smallest).Value);
        Assert.Equal("wrong_type", MergeFold.Fold(MergeKind.Sum, null, Json($"0.{new string('0', 28)}1")).Code);
    }

    [Fact]
    public void C8_The_deepest_objects_merge()
    {
        var deepest = Json(string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "{}" + new string('}', 63));

        Assert.Equal(deepest, MergeFold.Fold(MergeKind.JsonMerge, deepest, deepest).Value);
    }

    [Fact]
    public void Sums_agree_with_whole_numbers_of_the_smallest_unit()
    {
        var number = Gen.Select(Gen.Long, Gen.Int[0, 9], (digits, scale) => (Digits: digits, Scale: scale));
        Gen.Select(number, number).Sample((a, b) =>
        {
            static BigInteger Units((long Digits, int Scale) n) => n.Digits * BigInteger.Pow(10, 9 - n.Scale);
            static JsonValue Written((long Digits, int Scale) n) => Json($"{n.Digits}e-{n.Scale}");
            Assert.True(ExactDecimal.TryParse(MergeFold.Fold(MergeKind.Sum, Written(a), Written(b)).Value!, out var sum));
            Assert.True(ExactDecimal.TryParse(Json($"{Units(a) + Units(b)}e-9"), out var expected));
            Assert.Equal(expected.ToString(), sum.ToString());
            Assert.Equal(Units(a).CompareTo(Units(b)) >= 0 ? Written(a) : Written(b), MergeFold.Fold(MergeKind.Max, Written(a), Written(b)).Value);
            Assert.Equal(Units(a).CompareTo(Units(b)) <= 0 ? Written(a) : Written(b), MergeFold.Fold(MergeKind.Min, Written(a), Written(b)).Value);
        }, iter: Cases.Of(20_000));
    }

    [Fact]
    public void A_sum_does_not_depend_on_the_order_of_its_parts() =>
        Gen.Select(Gen.Int, Gen.Int[0, 6]).Array[1, 8].Sample(parts =>
        {
            static JsonValue Sum(IEnumerable<(int Digits, int Scale)> parts) =>
                parts.Aggregate((JsonValue?)null, (sum, part) => MergeFold.Fold(MergeKind.Sum, sum, Json($"{part.Digits}e-{part.Scale}")).Value)!;
            Assert.Equal(Sum(parts), Sum(parts.Reverse()));
        }, iter: Cases.Of(10_000));

    [Fact]
    public void Arrays_agree_with_a_list_of_elements() =>
        Gen.Select(JsonModel.Node, JsonModel.Node.Array[0, 5], Gen.Bool).Sample((write, there, isUnion) =>
        {
            var elements = there.Select(node => JsonValue.From(node)).ToList();
            elements.AddRange(write is JsonArray array ? array.Select(node => JsonValue.From(node)) : [JsonValue.From(write)]);
            var expected = isUnion ? elements.Distinct() : elements;
            var current = Json($"[{string.Join(",", there.Select(node => JsonValue.From(node)))}]");
            Assert.Equal($"[{string.Join(",", expected)}]", MergeFold.Fold(isUnion ? MergeKind.Union : MergeKind.Append, current, JsonValue.From(write)).Value!.ToString());
        }, iter: Cases.Of(10_000));
}
