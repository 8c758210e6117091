using System.Text.RegularExpressions;
using CsCheck;

namespace Rosud.Tenants;

public sealed class NamesTests
{
    private static readonly Regex Grammar = new(@"\A[a-z0-9][a-z0-9._-]{0,127}\z");

    [Fact]
    public void A_name_is_what_its_grammar_says() =>
        Gen.OneOf(Gen.String, Gen.Char["abz019._-AZ/ é"].Array[0, 6].Select(chars => new string(chars)), Gen.Char["a."].Array[120, 135].Select(chars => new string(chars)))
            .Sample(text => Assert.Equal(Grammar.IsMatch(text), Names.IsValid(text)), iter: 100_000);

    [Fact]
    public void Nothing_is_no_name() => Assert.False(Names.IsValid(null) || Names.IsValid("") || Names.IsMadeId(null));

    [Fact]
    public void A_grain_key_splits_into_tenant_and_name() =>
        Gen.Select(Name, Name).Sample((tenant, name) => Assert.Equal((tenant, name), Names.SplitKey($"{tenant}/{name}")), iter: 10_000);

    [Theory]
    [InlineData("")]
    [InlineData("name")]
    [InlineData("/name")]
    public void A_key_without_tenant_is_a_broken_promise(string key) => Assert.Throws<FormatException>(() => Names.SplitKey(key));

    internal static Gen<string> Name { get; } =
        Gen.Select(Gen.Char["abz019"], Gen.Char["abz019._-"].Array[0, 12], (first, rest) => first + new string(rest));
}
