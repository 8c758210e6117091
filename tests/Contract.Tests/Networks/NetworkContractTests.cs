namespace Rosud.Networks;

public sealed class NetworkContractTests(RosudHost host) : IClassFixture<RosudHost>
{
    [Fact]
    public async Task The_default_network_is_there_with_the_default_policy()
    {
        var answer = await host.Send("GET", "/v1/networks/default");
        Assert.Equal(
            """{"name":"default","revision":0,"coordination":{"execution":"selective_parallel","context_sync":"event_driven","max_staleness_ms":500,"isolation":"bulkhead","retry_budget":3,"circuit_breaker_threshold":0.3,"metrics":["coordination_overhead_ms","stale_context_events","cascade_prevented","agents_actually_needed"]}}""",
            answer.Text);
    }

    [Fact]
    public async Task A_policy_is_kept_and_configuring_it_again_changes_nothing()
    {
        var name = host.NewName("network");
        const string Body = """{"coordination":{"retry_budget":5,"prices":{"gpt":{"input_usd_per_million":2.50,"output_usd_per_million":10}}}}""";
        var first = await host.Send("PUT", $"/v1/networks/{name}", Body);
        var again = await host.Send("PUT", $"/v1/networks/{name}", Body);
        Assert.Equal((200, 200, "1"), (first.Status, again.Status, again["revision"]));
        Assert.Equal(first.Text, (await host.Send("GET", $"/v1/networks/{name}")).Text);
        Assert.Equal(5, first.Json.GetProperty("coordination").GetProperty("retry_budget").GetInt32());
    }

    [Fact]
    public async Task Metrics_have_their_members_before_the_first_run()
    {
        var name = host.NewName("network");
        await host.Send("PUT", $"/v1/networks/{name}", """{"coordination":{"retry_budget":4}}""");
        var metrics = (await host.Send("GET", $"/v1/networks/{name}/metrics")).Json;
        Assert.Equal("""{"total":0,"by_status":{}}""", metrics.GetProperty("runs").GetRawText());
        Assert.Equal("""{"p50":null,"p95":null,"p99":null,"mean":null}""", metrics.GetProperty("coordination_overhead_ms").GetRawText());
        Assert.Equal("""{"mean":null,"registered_mean":null,"fired_mean":null}""", metrics.GetProperty("agents_actually_needed").GetRawText());
        Assert.Equal("""{"total":0}{"total":0}{}""", metrics.GetProperty("duplicate_work_prevented").GetRawText() + metrics.GetProperty("memo_hits").GetRawText() + metrics.GetProperty("by_agent").GetRawText());
        Assert.Equal("""{"p50":null,"p95":null,"p99":null,"mean":null}""", metrics.GetProperty("detection_ms").GetRawText());
    }

    [Fact]
    public async Task A_tenants_metrics_have_the_members_of_a_networks()
    {
        var network = (await host.Send("GET", "/v1/networks/default/metrics")).Json;
        var tenant = await host.Send("GET", "/v1/metrics");
        Assert.Equal(200, tenant.Status);
        Assert.Equal(network.EnumerateObject().Select(member => member.Name), tenant.Json.EnumerateObject().Select(member => member.Name));
    }
}
