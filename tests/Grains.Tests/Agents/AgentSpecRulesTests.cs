using Rosud.Context;

namespace Rosud.Agents;

public sealed class AgentSpecRulesTests
{
    [Theory]
    [InlineData("""{"type":"object","required":["found"],"properties":{"found":{"type":"integer","minimum":0}}}""", null)]
    [InlineData("""{"type":"object","properties":{"n":{"minimum":"zero"}}}""", "/output_schema/properties/n/minimum")]
    [InlineData("""{"contains":{"type":"integer"}}""", "/output_schema/contains")]
    [InlineData("""{"$ref":"https://example.com/schema"}""", "/output_schema/$ref")]
    public void The_schema_of_the_output_is_checked_when_the_agent_is_registered_and_each_fault_has_its_place(string schema, string? pointer)
    {
        var faults = AgentSpecRules.Faults(new() { OutputSchema = JsonValue.Parse(schema) });

        Assert.Equal(pointer is null ? [] : [pointer], faults.Select(fault => fault.Pointer));
    }
}
