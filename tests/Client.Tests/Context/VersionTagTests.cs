using Microsoft.Extensions.Primitives;

namespace Rosud.Context;

public sealed class VersionTagTests
{
    [Theory]
    [InlineData("\"v17\"", 17)]
    [InlineData("\"v0\"", 0)]
    [InlineData(" W/\"v17\" ", 17)]
    [InlineData("\"v9223372036854775807\"", long.MaxValue)]
    public void A_tag_names_a_version(string text, long version)
    {
        Assert.True(VersionTag.TryParse(text, out var parsed));
        Assert.Equal(version, parsed.Number);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("v17")]
    [InlineData("17")]
    [InlineData("\"17\"")]
    [InlineData("\"v-1\"")]
    [InlineData("\"v+1\"")]
    [InlineData("\"v 1\"")]
    [InlineData("\"v\"")]
    [InlineData("\"v1")]
    [InlineData("\"v9223372036854775808\"")]
    [InlineData("*")]
    public void Anything_else_names_none(string? text) => Assert.False(VersionTag.TryParse(text, out _));

    [Fact]
    public void Every_version_has_its_tag() => CsCheck.Check.Sample(CsCheck.Gen.Long[0, long.MaxValue], number =>
        VersionTag.TryParse(VersionTag.Of(new(number)), out var parsed) && parsed.Number == number);

    [Theory]
    [InlineData("\"v17\"", true)]
    [InlineData("\"v16\", \"v17\"", true)]
    [InlineData("W/\"v17\"", true)]
    [InlineData("*", true)]
    [InlineData("\"v16\"", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_list_of_tags_may_have_the_version(string? header, bool known) => Assert.Equal(known, VersionTag.IsKnown(new StringValues(header), new(17)));
}
