using System.Threading.Channels;
using Rosud.Agents;
using Rosud.Cluster;
using Rosud.Context;

namespace Rosud.Runs;

/// <summary>People at runs.</summary>
internal static class PeopleExamples
{
    public static IRunGrain Grain(this RunId run, RosudCluster cluster) => cluster.Grains.GetGrain<IRunGrain>(run.Key);

    public static async Task<RunResult> Describe(RosudCluster cluster, RunId run) => Assert.IsType<RunOutcome.Found>(await run.Grain(cluster).Describe()).Result;

    /// <summary>The open question of a run that is about to ask: each look is a call behind what makes it.</summary>
    public static async Task<Question> Open(RosudCluster cluster, RunId run)
    {
        for (var look = 0; look < 20_000; look++)
        {
            var found = await Describe(cluster, run);
            if (found.Questions.FirstOrDefault(question => question.State == QuestionState.Open) is { } open) return open;
            Assert.False(found.HasEnded, $"{found.Status}: {found.ProblemDetail}");
        }

        throw new InvalidOperationException("The run asks nothing.");
    }
}

/// <summary>The questions that agents of a test ask, in the order in which they became durable.</summary>
internal sealed class Askings
{
    private readonly Channel<string> _asked = Channel.CreateUnbounded<string>();

    /// <summary>Asks, and tells the test of it.</summary>
    public async Task<JsonValue> Ask(IAgentWork work, string question, JsonValue? schema = null, TimeSpan? expires = null)
    {
        try
        {
            return await work.Ask(question, schema, expires);
        }
        catch (AttemptAskedException asked)
        {
            await _asked.Writer.WriteAsync(asked.Question);
            throw;
        }
    }

    /// <summary>The next question, as its run shows it.</summary>
    public async Task<Question> Next(RosudCluster cluster, RunId run)
    {
        var id = await _asked.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        var found = await PeopleExamples.Describe(cluster, run);
        Assert.Equal(RunStatus.InputRequired, found.Status);
        return found.Questions.Single(question => question.Id == id);
    }
}
