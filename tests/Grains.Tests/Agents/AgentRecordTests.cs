using Rosud.Context;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Agents;

public sealed class AgentRecordTests
{
    [Fact]
    public void The_same_registration_again_changes_nothing_and_another_counts_up()
    {
        var (first, _) = AgentRecord.None.Register(Spec("plan.*"), Start);
        var (same, _) = first.Register(Spec("plan.*"), At(1));
        var (other, _) = first.Register(Spec("plan.scope"), At(1));

        Assert.Same(first, same);
        Assert.Equal((1, 2), (first.Revision, other.Revision));
        Assert.Equal(Start, other.RegisteredAt);
    }

    [Fact]
    public void An_agent_that_comes_back_goes_on_counting()
    {
        var (first, _) = AgentRecord.None.Register(Spec("a"), Start);

        var (again, _) = first.Remove().Register(Spec("a"), At(5));

        Assert.Null(first.Remove().View(Agent));
        Assert.Equal((2, At(5)), (again.Revision, again.RegisteredAt));
    }

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        var spec = new AgentSpec
        {
            Description = new('x', 4_097),
            Reads = [new("plan.*"), new("no key")],
            Transport = new(TransportKind.Webhook, new Uri("ftp://agents.example/x")),
            MaxConcurrency = 0,
            QueueLimit = -1,
            Timeout = TimeSpan.Zero,
            Capability = "Not A Name",
        };

        var (record, problem) = AgentRecord.None.Register(spec, Start);

        Assert.Same(AgentRecord.None, record);
        Assert.Equal(
            ["/description", "/max_concurrency", "/queue_limit", "/timeout_ms", "/capability", "/reads/1", "/transport/url"],
            problem!.Errors.Select(error => error.Pointer));
    }

    private static AgentSpec Spec(string reads) => new() { Reads = [new KeyPattern(reads)] };
}
