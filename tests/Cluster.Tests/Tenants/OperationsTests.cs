using Rosud.Channels;
using Rosud.Cluster;
using Rosud.Context;

namespace Rosud.Tenants;

public sealed class OperationsTests
{
    [Fact]
    public async Task A_key_stands_for_one_name_and_one_body_until_it_is_released()
    {
        await using var cluster = await RosudCluster.Start(2);
        var operations = cluster.Grains.GetGrain<IOperationsGrain>(IndexShard.KeyOf(TenantId.Default, "operations", "k"));
        var (one, two) = (Named("one"), Named("two"));

        Assert.Equal("first", await operations.Claim(one, "first"));
        Assert.Equal("first", await operations.Claim(one, "second"));
        Assert.Null(await operations.Claim(two, "second"));
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(operations));
        Assert.Equal("first", await operations.Claim(one, "third"));
        await operations.Release(two);
        Assert.Null(await operations.Claim(two, "second"));
        await operations.Release(one);
        Assert.Equal("second", await operations.Claim(two, "second"));
    }

    private static OperationKey Named(string body) => new("key::k", ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(body)));
}
