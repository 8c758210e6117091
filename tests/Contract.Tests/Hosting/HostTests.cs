using System.Net;

namespace Rosud.Hosting;

public sealed class HostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rosud-host-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_host_is_ready_when_it_says_so_and_stops_cleanly_when_asked()
    {
        await using var host = await HostProcess.Start(_folder);

        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal("""{"status":"ok","silo":"active","storage":"answers","agents":"registered"}""", await host.Http.GetStringAsync("/health/ready"));
        Assert.Contains("orleans_", await host.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/orleans/")).StatusCode);
        Assert.Equal((0, ""), await host.Terminate());
    }

    [Fact]
    public async Task A_killed_host_leaves_its_folder_to_the_next_one()
    {
        await using (var killed = await HostProcess.Start(_folder)) await killed.Kill();

        await using var next = await HostProcess.Start(_folder);

        Assert.Equal(HttpStatusCode.OK, (await next.Http.GetAsync("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task A_second_host_on_the_same_folder_is_refused_in_one_line()
    {
        await using var first = await HostProcess.Start(_folder);

        var (code, errors) = await HostProcess.StartRefused(_folder);

        Assert.Equal(1, code);
        Assert.Equal($"Rosud did not start: The data folder '{_folder}/data' cannot be used: another process is using it. Choose another with Rosud:DataPath.", errors.TrimEnd());
    }

    [Fact]
    public async Task A_setting_out_of_its_range_is_refused()
    {
        var (code, errors) = await HostProcess.StartRefused(_folder, "--Rosud:Hosting:DrainTime=02:00:00");

        Assert.Equal(1, code);
        Assert.Contains("DrainTime must be between", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hosts_over_one_Redis_are_one_cluster_and_one_of_them_is_enough()
    {
        await using var redis = await RedisServer.Start();
        await using var first = await HostProcess.Start(_folder, redis.Settings);
        await using var second = await HostProcess.Start(_folder, redis.Settings);

        await using (var connection = await redis.Connect())
        {
            var members = await connection.GetDatabase().HashGetAllAsync("rosud/members/rosud");
            Assert.Equal(2, members.Count(member => member.Name != "Version"));
        }

        await second.Kill();
        Assert.Equal(HttpStatusCode.OK, (await first.Http.GetAsync("/health/ready")).StatusCode);
        Assert.False(Directory.Exists(Path.Combine(_folder, "data")));
        Assert.Equal(0, (await first.Terminate()).Code);
    }
}
