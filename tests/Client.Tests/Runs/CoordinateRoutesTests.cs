using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Tenants;

namespace Rosud.Runs;

public sealed class CoordinateRoutesTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    private static readonly RunId Id = new(TenantId.Default, "demo.r1");
    private readonly Edge _edge = shared.Edge;

    [Fact]
    public async Task The_end_that_is_pushed_is_the_answer()
    {
        Accept(ends: RunStatus.Completed);
        var answer = await Coordinate("""{"task":{"goal":"g"}}""");
        Assert.Equal((200, "completed", "demo.r1", "demo"), (answer.Status, Text(answer, "status"), Text(answer, "run"), Text(answer, "channel")));
        string[] members =
        [
            "run", "channel", "status", "outputs", "version_start", "version_end", "agents", "attempts", "retries_by_cause", "stale_context_events", "cascade_prevented", "tokens",
            "cost_usd", "wall_ms", "coordination_overhead_ms", "overhead_parts_ms", "rework_ms", "critical_path", "late_results", "trace_id",
        ];
        Assert.Empty(members.Except(answer.Json.EnumerateObject().Select(member => member.Name)));
        Assert.Equal("""{"answer":42}""", answer.Json.GetProperty("outputs").GetRawText());
    }

    [Theory]
    [InlineData("respond-async")]
    [InlineData("wait=0")]
    public async Task Who_does_not_wait_gets_a_place_to_look(string prefer)
    {
        Accept(ends: null);
        var answer = await Coordinate("""{"task":{"goal":"g"}}""", ("Prefer", prefer));
        Assert.Equal((202, "/v1/runs/demo.r1", "working"), (answer.Status, answer.Headers["Location"], Text(answer, "status")));
        Assert.Null(_edge.Actors.Argument<IRunObserver>("Coordinate"));
    }

    [Fact]
    public async Task R8_A_joiner_whose_own_time_ends_first_gets_a_place_to_look()
    {
        Accept(ends: null, joined: true);
        var answer = await Coordinate("""{"task":{"goal":"g"},"timeout_ms":1}""");
        Assert.Equal((202, "/v1/runs/demo.r1"), (answer.Status, answer.Headers["Location"]));
        Assert.Contains(_edge.Actors.Calls, call => call.Method == "Watch");
    }

    [Fact]
    public async Task A_task_arrives_whole()
    {
        Accept(ends: null);
        await Coordinate("""
            {"task":{"id":"t1","goal":"g","input":{"b":1,"a":null},"outputs":["report"],"class":"c","budget":{"tokens":5,"cost_usd":0.5,"calls":2},"steps":[
              {"id":"s1","agent":"planner","reads":["q",{"key":"x.*","optional":true}],"writes":["plan.*"],"when":{"key":"q","equals":null},"optional":true,
               "on_failure":{"kind":"default","value":{"plan.a":null}},"acceptance":[{"schema":{"type":"object"},"key":"plan.a"},{"verifier":"judge"}],"timeout_ms":70},
              {"id":"s2","capability":"writing","goal":"h","after":["s1"],"when":{"key":"q","in":[1,"x"]},"on_failure":{"kind":"fallback","agent":"other"}}]},
             "timeout_ms":3000,"on_stale_context":"rebase","execution":"sequential","priority":"batch","parent":"demo.r0"}
            """, ("Prefer", "respond-async"));
        var asked = _edge.Actors.Argument<CoordinateRequest>("Coordinate")!;
        Assert.Equal((TimeSpan.FromSeconds(3), OnStaleContext.Rebase, ExecutionKind.Sequential, RunPriority.Batch, "demo.r0"), (asked.Timeout, asked.OnStaleContext, asked.Execution, asked.Priority, asked.Parent));
        var task = asked.Task;
        Assert.Equal(("t1", "g", """{"a":null,"b":1}""", "c", new Budget(5, 0.5m, 2)), (task.Id, task.Goal, task.Input.ToString(), task.Class, task.Budget));
        Assert.Equal(["report"], task.Outputs!.Value.Select(pattern => pattern.Value));
        var (first, second) = (task.Steps!.Value[0], task.Steps.Value[1]);
        Assert.Equal<IEnumerable<StepRead>>([new(new("q")), new(new("x.*"), true)], first.Reads);
        Assert.Equal((JsonValue.Null, true, TimeSpan.FromMilliseconds(70)), (first.When!.Equal, first.Optional, first.Timeout));
        Assert.Equal<IEnumerable<ContextWrite>>([new(new("plan.a"), JsonValue.Null)], first.OnFailure.Values!.Value);
        Assert.Equal(("plan.a", "judge"), (first.Acceptance[0].Key!.Value.Value, first.Acceptance[1].Verifier));
        Assert.Equal(("writing", OnFailureKind.Fallback, "other", 2), (second.Capability, second.OnFailure.Kind, second.OnFailure.Agent, second.When!.In!.Value.Length));
    }

    [Fact]
    public async Task R8_The_key_is_the_id_of_a_task_without_one_and_its_hash_is_that_of_the_task_alone()
    {
        var plain = await Asked("""{"task":{"goal":"g","input":{"a":1,"b":2}}}""", ("Idempotency-Key", "again"));
        var later = await Asked("""{"timeout_ms":5,"task":{ "input":{"b":2,"a":1}, "goal":"g" }}""", ("Idempotency-Key", "again"));
        var named = await Asked("""{"task":{"id":"own","goal":"g"}}""", ("Idempotency-Key", "again"));
        Assert.Equal(("again", "again", "own"), (plain.Task.Id, later.Task.Id, named.Task.Id));
        Assert.Equal(plain.TaskHash, later.TaskHash);
        Assert.NotEqual(plain.TaskHash, named.TaskHash);
        Assert.All([plain, later, named], asked => Assert.Equal(new OperationKey("key::again", asked.TaskHash), asked.Operation));
        Assert.Null((await Asked("""{"task":{"goal":"g"}}""")).Operation);
    }

    private async Task<CoordinateRequest> Asked(string body, params (string, string)[] headers)
    {
        Accept(ends: null);
        Assert.Equal(202, (await Coordinate(body, [.. headers, ("Prefer", "respond-async")])).Status);
        return _edge.Actors.Argument<CoordinateRequest>("Coordinate")!;
    }

    private void Accept(RunStatus? ends, bool joined = false)
    {
        _edge.Actors.Calls.Clear();
        _edge.Actors.On<IRunGrain>("Describe", (_, _) => Working()).On<IRunGrain>("Watch", (_, _) => Working()).On<IChannelGrain>("Coordinate", (_, arguments) => Accepted(arguments[1] as IRunObserver, ends, joined));
    }

    // The push may overtake the answer to the call that it belongs to.
    private static async Task<CoordinateOutcome> Accepted(IRunObserver? observer, RunStatus? ends, bool joined)
    {
        if (ends is { } status) await observer!.Ended(Result(status));
        return new CoordinateOutcome.Accepted(Id, joined);
    }

    private static Task<RunOutcome> Working() => Task.FromResult<RunOutcome>(new RunOutcome.Found(Result(RunStatus.Working)));

    private static RunResult Result(RunStatus status) =>
        new() { Run = Id, Network = "default", Status = status, Outputs = [new(new("answer"), JsonValue.Parse("42"))] };

    private Task<Answer> Coordinate(string body, params (string, string)[] headers) => _edge.Send("POST", "/v1/channels/demo/coordinate", body, headers);

    private static string Text(Answer answer, string member) => answer.Json.GetProperty(member).GetString()!;
}
