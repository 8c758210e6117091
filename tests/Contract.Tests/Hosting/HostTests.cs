using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Rosud.Apps;
using Rosud.Context;

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
    public async Task The_dashboard_has_the_counters_of_a_silo_that_has_just_begun()
    {
        await using var host = await HostProcess.Start(_folder);
        await using var app = await ClientApp.Start(host);

        var silo = Assert.Single(await app.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts()).Key;

        Assert.Contains("\"orleans-catalog-activations\"", await host.Http.GetStringAsync("/orleans/SiloCounters/" + silo.ToParsableString()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Rosud:Keys:0:Role=admin", "Rosud:Keys:0:Role must be operator, client or agent.")]
    [InlineData("--Rosud:Keys:0=0123456789abcdef", "Rosud:Keys:0 must have Sha256, Tenant and Role.")]
    [InlineData("--Rosud:Keys:0:Sha256=12", "Rosud:Keys:0: Sha256 must have 64 hexadecimal digits.")]
    public async Task A_key_that_cannot_be_read_is_refused_at_the_start(string setting, string refusal)
    {
        var (code, errors) = await HostProcess.StartRefused(_folder, setting);

        Assert.Equal((1, $"Rosud did not start: {refusal}"), (code, errors.TrimEnd()));
    }

    [Fact]
    public async Task With_a_key_nobody_gets_in_without_it()
    {
        var hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData("open sesame"u8));
        await using var host = await HostProcess.Start(_folder, $"--Rosud:Keys:0:Sha256={hash}", "--Rosud:Keys:0:Role=operator");

        foreach (var path in new[] { "/v1/channels", "/orleans/", "/metrics" }) Assert.Equal(HttpStatusCode.Unauthorized, (await host.Http.GetAsync(path)).StatusCode);
        host.Http.DefaultRequestHeaders.Authorization = new("Bearer", "open sesame");
        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/v1/channels")).StatusCode);
        host.Http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String("me:open sesame"u8));
        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/orleans/")).StatusCode);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task Without_keys_a_page_from_elsewhere_gets_nothing(string header, string value)
    {
        await using var host = await HostProcess.Start(_folder);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/agents/x/supervisor/force-open");
        request.Headers.TryAddWithoutValidation(header, value);

        using var answer = await host.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_caller_that_waits_while_the_host_stops_is_not_told_that_all_is_well()
    {
        await using var host = await HostProcess.Start(_folder, "--Rosud:Hosting:DrainTime=00:00:00");
        await host.Http.PutAsync("/v1/agents/a", Json("""{"reads":["in"],"writes":["out"]}"""));
        await host.Http.PostAsync("/v1/channels", Json("""{"id":"c","agents":["a"]}"""));
        await host.Http.PatchAsync("/v1/channels/c/context", Json("""{"set":{"in":1}}"""));
        var waiting = host.Http.PostAsync("/v1/channels/c/coordinate", Json("""
            {"task":{"goal":"g","outputs":["out"],"steps":[{"id":"s","agent":"a","reads":["in"],"writes":["out"]}]},"timeout_ms":30000}
            """));
        // The run is on its way once its assignment can be taken.
        await host.Http.PostAsync("/v1/agents/a/assignments/take", Json("""{"wait_ms":20000}"""));

        await host.Terminate();

        Assert.NotEqual(HttpStatusCode.OK, (await waiting).StatusCode);
    }

    private static StringContent Json(string body) => new(body, System.Text.Encoding.UTF8, "application/json");

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

    [Fact]
    public async Task Two_hosts_over_one_PostgreSQL_are_one_cluster_and_one_of_them_is_enough()
    {
        await using var postgres = await PostgresServer.Start();
        await using var first = await HostProcess.Start(_folder, postgres.Settings);
        await using var second = await HostProcess.Start(_folder, postgres.Settings);
        await using (var app = await ClientApp.Start(first))
        {
            var members = app.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
            Assert.Equal(2, (await members.GetHosts(onlyActive: true)).Count);

            await second.Kill();
            for (var i = 0; i < 8; i++) await (await app.Rosud.Channels.Create(id: $"c{i}")).Commit([ContextWrite.Set("k", i)]);   // Some would have lived at the other.
        }

        Assert.Equal(HttpStatusCode.OK, (await first.Http.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(0, (await first.Terminate()).Code);
    }

    [Fact]
    public async Task A_PostgreSQL_without_tables_or_that_is_not_there_is_refused_in_one_line()
    {
        await using var empty = await PostgresServer.Start(hasTables: false);

        var (code, errors) = await HostProcess.StartRefused(_folder, empty.Settings);
        var (_, away) = await HostProcess.StartRefused(_folder, "--environment", "Postgres", $"--ConnectionStrings:postgres=Host=127.0.0.1;Port={FreePort.Next()};Username=rosud");

        Assert.Equal(1, code);
        Assert.Equal("Rosud did not start: The database of ConnectionStrings:postgres has not all of Rosud's tables: run postgres.sql, which lies beside the program, in it.", errors.TrimEnd());
        Assert.StartsWith("Rosud did not start: The database of ConnectionStrings:postgres cannot be used: Failed to connect", Assert.Single(away.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]   // As behind a mapped port: others come to one address, and it listens on another.
    [InlineData("127.0.0.2")]
    [InlineData("0.0.0.0")]
    public async Task A_host_listens_elsewhere_than_where_it_is_reached(string address)
    {
        var ports = HostPorts.Free();
        await using var host = await HostProcess.Start(
            ports, _folder, "--Orleans:Endpoints:AdvertisedIPAddress=127.0.0.1", $"--Orleans:Endpoints:SiloListeningEndpoint={address}:{ports.Silo}", $"--Orleans:Endpoints:GatewayListeningEndpoint={address}:{ports.Gateway}");

        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/health/ready")).StatusCode);
        foreach (var port in new[] { ports.Silo, ports.Gateway })
        {
            using var connection = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await connection.ConnectAsync(address == "0.0.0.0" ? "127.0.0.1" : address, port);
        }
    }

    [Fact]
    public async Task A_host_whose_advertised_address_is_not_this_machines_starts_when_it_is_told_where_to_listen()
    {
        var ports = HostPorts.Free();
        string[] behind = [$"--Orleans:Endpoints:SiloListeningEndpoint=127.0.0.1:{ports.Silo}", $"--Orleans:Endpoints:GatewayListeningEndpoint=127.0.0.1:{ports.Gateway}"];

        await using var host = await HostProcess.Start(ports, _folder, ["--Orleans:Endpoints:AdvertisedIPAddress=192.0.2.7", .. behind]);

        Assert.Equal(HttpStatusCode.Created, (await host.Http.PostAsync("/v1/channels", Json("""{"id":"c","agents":[]}"""))).StatusCode);
    }
}
