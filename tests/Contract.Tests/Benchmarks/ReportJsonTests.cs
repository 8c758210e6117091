using System.Text.Json.Nodes;
using Rosud.Measuring;
using Rosud.Reports;

namespace Rosud.Benchmarks;

public sealed class ReportJsonTests
{
    [Fact]
    public void A_report_has_the_members_that_every_workload_has()
    {
        var json = JsonNode.Parse(ReportJson.Text([Report("W5", new Check("p50", 3, Goal.AtMost(4), "ms"))]))!;

        Assert.Equal("W5", (string?)json["workload"]);
        Assert.True((bool)json["quick"]!);
        Assert.Equal(7, (int)json["seed"]!);
        Assert.Equal(0.5, (double)json["load1"]!);
        Assert.Equal("""{"name":"p50","value":3,"goal":4,"unit":"ms","pass":true,"bound":"at_most"}""", json["checks"]![0]!.ToJsonString());
        string[] members =
        [
            "runs", "p50_ms", "p95_ms", "p99_ms", "tokens_mean", "coordination_tokens_mean", "cost_usd_mean", "error_rate", "overhead_ms_mean", "fired_mean", "needed_mean",
        ];
        Assert.Equal(members, json["arms"]!["rosud"]!.AsObject().Select(member => member.Key));
        Assert.Equal(members, json["raw_orleans"]!.AsObject().Select(member => member.Key));
        Assert.True((bool)json["pass"]!);
    }

    [Fact]
    public void One_goal_that_is_short_makes_the_whole_short()
    {
        var json = JsonNode.Parse(ReportJson.Text([Report("W5", new Check("p50", 3, Goal.AtMost(4), "ms")), Report("W6", new Check("rate", 1, Goal.AtLeast(2), "1/s"))]))!;

        Assert.Equal("all", (string?)json["workload"]);
        Assert.Equal(["W5 p50", "W6 rate"], json["checks"]!.AsArray().Select(check => (string?)check!["name"]));
        Assert.Equal(["W5", "W6"], json["workloads"]!.AsArray().Select(report => (string?)report!["workload"]));
        Assert.False((bool)json["pass"]!);
    }

    [Fact]
    public void A_check_that_was_not_run_says_why_and_has_no_value()
    {
        var json = JsonNode.Parse(ReportJson.Text([Report("W6", new Check("idle", null, Goal.AtMost(5), "%", "There is no Redis."))]))!;

        Assert.Equal("""{"name":"idle","value":null,"goal":5,"unit":"%","pass":false,"bound":"at_most","not_run":"There is no Redis."}""", json["checks"]![0]!.ToJsonString());
    }

    private static Report Report(string workload, Check check) => new()
    {
        Workload = workload,
        About = "something",
        Quick = true,
        Seed = 7,
        Machine = new(2, "cpu", "system", "runtime", "ext4"),
        Load1 = 0.5,
        Load1AtEnd = 1.5,
        Repetitions = 1,
        Checks = [check],
        Rosud = new() { Runs = 1 },
        RawOrleans = new() { Runs = 2 },
        Figures = [],
        Remarks = [],
    };
}
