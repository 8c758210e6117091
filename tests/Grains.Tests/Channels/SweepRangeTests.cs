using CsCheck;

namespace Rosud.Channels;

public sealed class SweepRangeTests
{
    private static readonly Gen<uint> Hash = Gen.OneOf(Gen.UInt, Gen.OneOf(0u, 1u, uint.MaxValue, 1u << 31, (1u << 31) + 1));

    [Fact]
    public void A_lonely_silo_has_everything() =>
        Hash.Sample(hash => Assert.True(SweepRange.Of(7, [7]).Contains(hash)));

    [Fact]
    public void A_silo_that_is_not_listed_yet_counts_itself() =>
        Assert.Equal(SweepRange.Of(2, [1, 2]), SweepRange.Of(2, [1]));

    [Fact]
    public void Every_hash_is_in_the_share_of_exactly_one_silo() =>
        Gen.Select(Gen.Int.HashSet[1, 20], Hash).Sample((silos, hash) =>
            Assert.Single(silos, silo => SweepRange.Of(silo, silos).Contains(hash)));

    [Fact]
    public void Shares_do_not_depend_on_the_order_of_the_list() =>
        Gen.Int.HashSet[1, 20].Sample(silos =>
            Assert.All(silos, silo => Assert.Equal(SweepRange.Of(silo, silos.Order()), SweepRange.Of(silo, silos.OrderDescending()))));
}
