using Rosud.Context;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS R4 and R10: what a run hands out is what was accepted, and its status says whether that is all.</summary>
public sealed class AcceptedOutputTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void R4_What_was_published_and_not_written_again_is_among_the_outputs(bool isDriverLost)
    {
        var run = Wanting("plan", "facts");
        run.Publish("a", ("plan", "1"));
        if (isDriverLost) run.Crash();
        run.Complete("a", ("facts", "2"));

        Assert.Equal(RunStatus.Completed, run.Result.Status);
        Assert.Equal(("1", "2"), (run.Outputs["plan"], run.Outputs["facts"]));
    }

    [Fact]
    public void R4_What_is_written_again_is_handed_out_as_it_was_written_last()
    {
        var run = Wanting("plan");
        run.Publish("a", ("plan", "1"));
        run.Publish("a", ("plan", "2"));
        run.Complete("a", ("plan", "3"));

        Assert.Equal((RunStatus.Completed, "3"), (run.Result.Status, run.Outputs["plan"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void R10_A_wanted_key_that_was_published_and_then_deleted_is_missing(bool isDriverLost)
    {
        var run = Wanting("plan", "facts");
        run.Publish("a", ("plan", "1"));
        if (isDriverLost) run.Crash();
        run.Complete("a", ("plan", ""), ("facts", "2"));

        Assert.Equal(RunStatus.Partial, run.Result.Status);
        Assert.Equal(["facts"], run.Outputs.Keys);
    }

    [Fact]
    public void R10_A_wanted_key_that_was_deleted_is_missing_whoever_drives_to_the_end()
    {
        var run = DriveScript.Of(Wanted(Request(Step("a", [], ["plan"]), Step("b", [], ["facts"], "a")), "plan", "facts"), ("plan", "0"));
        run.Complete("a", ("plan", ""));
        run.Crash();
        run.Complete("b", ("facts", "2"));

        Assert.Equal(RunStatus.Partial, run.Result.Status);
        Assert.Equal(["facts"], run.Outputs.Keys);
    }

    [Theory]
    [InlineData("plan", false, RunStatus.Partial)]
    [InlineData("beside", false, RunStatus.Completed)]
    [InlineData("plan", true, RunStatus.Partial)]
    [InlineData("beside", true, RunStatus.Completed)]
    public void R10_A_run_whose_last_commit_lost_what_was_wanted_is_not_completed(string dropped, bool isAnswerLost, RunStatus status)
    {
        var run = DriveScript.Of(Wanted(Request(Step("a", [], ["plan", "beside"])), "plan"));
        run.Drop(dropped);
        if (dropped == "plan") run.Write("plan", "7");
        if (isAnswerLost) run.LoseAnswer();
        run.Complete("a", ("plan", "1"), ("beside", "2"));

        Assert.Equal(status, run.Result.Status);
        Assert.Equal(status == RunStatus.Completed ? ["plan"] : [], run.Outputs.Keys);
    }

    private static DriveScript Wanting(params string[] keys) => DriveScript.Of(Wanted(Request(Step("a", [], ["plan", "facts"])), keys));

    private static CoordinateRequest Wanted(CoordinateRequest request, params string[] keys) =>
        request with { Task = request.Task with { Outputs = [.. keys.Select(key => new KeyPattern(key))] } };
}
