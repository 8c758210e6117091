using Microsoft.Extensions.Primitives;

namespace Rosud.Runs;

public sealed class PreferenceTests
{
    [Theory]
    [InlineData(null, 60)]
    [InlineData("", 60)]
    [InlineData("respond-async", 0)]
    [InlineData("Respond-Async, wait=10", 0)]
    [InlineData("wait=10", 10)]
    [InlineData("wait = \"10\"", 10)]
    [InlineData("wait=0", 0)]
    [InlineData("wait=3600", 60)]
    [InlineData("wait=10, wait=5", 10)]
    [InlineData("handling=lenient; wait=7", 7)]
    [InlineData("wait=-1", 60)]
    [InlineData("wait=1.5", 60)]
    [InlineData("wait=99999999999999", 60)]
    [InlineData("wait", 60)]
    public void R14_A_caller_waits_as_long_as_it_prefers_and_never_over_a_minute(string? header, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Preference.Parse(new StringValues(header)).Longest);

    [Theory]
    [InlineData(null, null)]
    [InlineData("task-1", "task-1")]
    [InlineData("Task 1", "k-")]
    public void A_key_is_the_name_of_a_task_without_one(string? key, string? name) =>
        Assert.Equal(name, TaskName.Of(key) is ['k', '-', ..] ? "k-" : TaskName.Of(key));

    [Fact]
    public void Keys_that_are_no_names_make_names_that_differ()
    {
        Assert.True(Tenants.Names.IsValid(TaskName.Of("A")));
        Assert.NotEqual(TaskName.Of("A"), TaskName.Of("B"));
    }
}
