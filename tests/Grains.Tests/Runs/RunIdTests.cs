using CsCheck;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Runs;

public sealed class RunIdTests
{
    private static readonly Gen<ChannelId> Channel = Gen.Select(NamesTests.Name, NamesTests.Name, (tenant, name) => new ChannelId(new(tenant), name));

    [Fact]
    public void A_run_knows_its_channel_from_its_id_alone() =>
        Gen.Select(Channel, Gen.Char["abz09"].Array[1, 20]).Sample((channel, unique) =>
        {
            var run = RunId.Make(channel, new(unique));
            Assert.Equal(channel, run.Channel);
            Assert.Equal(run, RunId.FromKey(run.Key));
            Assert.True(RunId.TryParse(channel.Tenant, run.ToString(), out var read));
            Assert.Equal(run, read);
        }, iter: 10_000);

    [Fact]
    public void The_longest_channel_has_runs() =>
        Assert.True(RunId.TryParse(new("t"), RunId.Make(new(new("t"), new('c', Names.LengthMax)), new('u', 40)).Name, out _));

    [Fact]
    public void What_parses_names_a_valid_channel_and_nothing_throws() =>
        Gen.OneOf(Gen.String, Gen.Char["ab9._-A/"].Array[0, 8].Select(chars => new string(chars))).Sample(text =>
        {
            if (RunId.TryParse(new("t"), text, out var run)) Assert.True(Names.IsValid(run.Channel.Name) && run.Name == text);
        }, iter: 100_000);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("channel")]
    [InlineData("channel.")]
    [InlineData(".run")]
    public void An_id_without_channel_or_without_run_is_none(string? text) => Assert.False(RunId.TryParse(new("t"), text, out _));
}
