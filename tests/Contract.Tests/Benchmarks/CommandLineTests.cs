namespace Rosud.Benchmarks;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("W99", "There is no workload 'W99'. There are W1, W2, W3, W4, W5, W6, W7, supervision, listeners, all.")]
    [InlineData("", "Required argument missing")]
    [InlineData("W5 --seed many", "Cannot parse argument 'many'")]
    [InlineData("W5 --json no-such-folder/report.json", "'no-such-folder/report.json' cannot be written")]
    [InlineData("W1 --scale 5", "A scale is 1 to 4.")]
    [InlineData("W5 --fast", "Unrecognized command or argument '--fast'")]
    public async Task What_makes_no_sense_is_refused_with_2_and_why(string line, string why)
    {
        var errors = new StringWriter();

        var code = await BenchmarkCommand.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), errors);

        Assert.Equal(2, code);
        Assert.Contains(why, errors.ToString(), StringComparison.Ordinal);
    }
}
