using Rosud.Context;
using static Rosud.Context.ContextFixture;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

public sealed class AcceptanceSchemasTests
{
    [Fact]
    public void A_schema_holds_for_the_named_key_or_for_each()
    {
        Assert.Equal("The value of b breaks its schema: string expected.", Fault(new() { Schema = Json("""{"type":"string"}""") }, Set("a", "\"x\""), Set("b", "1")));
        Assert.Null(Fault(new() { Schema = Json("""{"type":"string"}"""), Key = new ContextKey("a") }, Set("a", "\"x\""), Set("b", "1")));
        Assert.Null(Fault(new() { Schema = Json("""{"type":"string"}""") }, Delete("a")));
        Assert.NotNull(Fault(new() { Schema = Json("false") }, Set("a", "1")));
        Assert.Null(Fault(new() { Schema = Json("true") }, Set("a", "1")));
    }

    [Fact]
    public void A_schema_that_would_never_end_makes_no_run() =>
        Assert.Equal(["bad_schema /task/steps/0/acceptance/0/schema/allOf/0/$ref"], Breaches(Check(Request(Tested(new() { Schema = Json("""{"allOf":[{"$ref":"#"}]}""") })))));

    private static TaskStep Tested(Acceptance acceptance) => Step("s", [], ["a", "b"]) with { Acceptance = [acceptance] };

    private static string? Fault(Acceptance acceptance, params ContextWrite[] writes)
    {
        var plan = Plan(Request(Tested(acceptance)));
        return AcceptanceSchemas.Compile(plan.Steps).Fault(plan.Steps[0], [.. writes]);
    }
}
