using CsCheck;

namespace Rosud.Channels;

public sealed class EventPositionTests
{
    [Fact]
    public void Every_position_comes_back_from_its_id() => Gen.Select(Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue].Nullable()).Sample((version, notice) =>
        EventPosition.TryParse(EventPosition.Of(new(new(version), notice)), out var position) && position == new FeedPosition(new(version), notice));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("v17")]
    [InlineData("17.")]
    [InlineData(".3")]
    [InlineData("17.3.1")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData(" 17")]
    [InlineData("9223372036854775808")]
    public void Anything_else_is_no_id(string? text) => Assert.False(EventPosition.TryParse(text, out _));
}
