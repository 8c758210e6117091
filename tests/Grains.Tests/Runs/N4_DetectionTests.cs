using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS N4: from a commit until the attempt was told that rests on what was there before.</summary>
public sealed class N4_DetectionTests
{
    private static readonly TimeSpan Threshold = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void N4_Detection_counts_from_the_commit_until_the_attempt_is_told()
    {
        var run = Begun();
        run.Wait(TimeSpan.FromSeconds(1));

        run.Write("x", "2");
        run.Wait(Threshold - TimeSpan.FromMilliseconds(1));
        Assert.Empty(run.Result.DetectionMs.ToArray());
        run.Wait(TimeSpan.FromMilliseconds(1));

        Assert.Equal([100.0], run.Result.DetectionMs.ToArray());
        Assert.Single(run.Superseded);
    }

    [Fact]
    public void N4_Of_several_commits_the_first_that_the_attempt_has_not_seen_counts()
    {
        var run = Begun();
        run.Write("x", "2");
        run.Wait(TimeSpan.FromMilliseconds(60));
        run.Write("y", "3");
        run.Wait(Threshold);

        Assert.Equal([100.0], run.Result.DetectionMs.ToArray());
    }

    [Fact]
    public void N4_Each_told_attempt_counts_once_and_an_attempt_that_saw_everything_never()
    {
        var run = Begun();
        for (var rewrite = 2; rewrite < 4; rewrite++)
        {
            run.Write("x", $"{rewrite}");
            run.Wait(Threshold);
        }

        run.Wait(TimeSpan.FromSeconds(1));
        run.Complete("a", ("k", "1"));

        Assert.Equal([100.0, 100.0], run.Result.DetectionMs.ToArray());
        Assert.Equal(2, run.Result.StaleContextEvents["behind"]);
    }

    private static DriveScript Begun()
    {
        var accepted = Plan(Request(Step("a", ["x", "y"], ["k"])) with { Timeout = TimeSpan.FromMinutes(1) }, _ => true).Accept(
            RunId.Make(new(Tenants.TenantId.Default, "c"), "r1"), Request(Step("a", ["x", "y"], ["k"])) with { Timeout = TimeSpan.FromMinutes(1) }, new() { Sync = new() { StalenessThreshold = Threshold } }, new(), default, Start);
        return new(accepted, ("x", "1"), ("y", "1"));
    }
}
