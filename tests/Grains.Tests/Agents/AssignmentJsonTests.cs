using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Rosud.Context;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Agents;

public sealed class AssignmentJsonTests
{
    [Fact]
    public void An_assignment_is_written_as_the_contract_says() => Assert.Equal(
        """
        {"id":"a2.10.6.researcher.search.desk.r1","run":"desk.r1","step":"search","agent":"researcher","attempt":2,"goal":"Find out.","input":{"n":1.0},
        "deadline":"2026-01-01T00:00:30.000Z","deadline_ms":30000,"lease_until":"2026-01-01T00:00:05.250Z","shadow":false,
        "context":{"version":3,"entries":{"plan.scope":{"value":[1],"version":2}}},"changed":{"since":1,"keys":["plan.scope"]},"idempotency_key":"key",
        "answers":[],"proposed":null,"feedback":null,"traceparent":null}
        """.ReplaceLineEndings(""),
        Write(new()
        {
            Id = Attempt(attempt: 2),
            Goal = "Find out.",
            Input = JsonValue.Parse("""{"n":1.0}"""),
            Deadline = At(30),
            TimeLeft = Seconds(30),
            LeaseUntil = At(5.25),
            Context = new(new(3), [Entry("plan.scope", "[1]", 2)]),
            Changed = new(new(1), [new("plan.scope")]),
            IdempotencyKey = "key",
        }));

    [Fact]
    public void A_completion_is_read_with_its_deletes_and_nulls()
    {
        var body = JsonValue.Parse("""{"writes":{"a":null,"b":{"y":1,"x":2}},"delete":["c"],"output":"done","reads":["p.*"],"usage":{"input_tokens":3,"cost_usd":0.25}}""");

        Assert.True(AssignmentJson.TryReadCompletion(body, out var completion, out _));

        Assert.Equal([new(new("a"), JsonValue.Null), new(new("b"), JsonValue.Parse("""{"x":2,"y":1}""")), new(new("c"), null)], completion.Writes.OrderBy(write => write.Key));
        Assert.Equal(JsonValue.Parse("\"done\""), completion.Output);
        Assert.Equal(new KeyPattern("p.*"), Assert.Single(completion.Reads!.Value));
        Assert.Equal(new Usage(3, 0, 0.25m), completion.Usage);
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData("""{"writes":[]}""", "/writes")]
    [InlineData("""{"writes":{"a b":1}}""", "/writes/a b")]
    [InlineData("""{"writes":{"a/b":1}}""", "/writes/a~1b")]
    [InlineData("""{"writes":{"a":1},"delete":["a"]}""", "/delete")]
    [InlineData("""{"delete":["a",3]}""", "/delete/1")]
    [InlineData("""{"reads":["*x"]}""", "/reads/0")]
    [InlineData("""{"usage":{"input_tokens":-1}}""", "/usage/input_tokens")]
    [InlineData("""{"usage":{"output_tokens":1.5}}""", "/usage/output_tokens")]
    [InlineData("""{"usage":{"cost_usd":"1"}}""", "/usage/cost_usd")]
    [InlineData("""{"outcome":1}""", "/outcome")]
    public void Each_fault_names_its_member(string body, string pointer)
    {
        Assert.False(AssignmentJson.TryReadCompletion(JsonValue.Parse(body), out _, out var errors));

        Assert.Equal(pointer, Assert.Single(errors).Pointer);
    }

    [Fact]
    public void Writes_come_back_as_they_were_written() =>
        Gen.Dictionary(Gen.String[Gen.Char['a', 'z'], 1, 8], Gen.Int)[0, 8].Sample(values =>
        {
            var body = JsonValue.From(new Dictionary<string, object> { ["writes"] = values });
            Assert.True(AssignmentJson.TryReadCompletion(body, out var completion, out _));
            Assert.Equal(
                values.Select(pair => new ContextWrite(new(pair.Key), JsonValue.From(pair.Value))).OrderBy(write => write.Key),
                completion.Writes.OrderBy(write => write.Key));
        });

    private static string Write(Assignment assignment)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) AssignmentJson.WriteAssignment(json, assignment);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static ContextEntry Entry(string key, string value, long version) => new()
    {
        Key = new(key),
        Value = JsonValue.Parse(value),
        Version = new(version),
        Created = new(version),
        Origin = new("planner"),
        CommittedAt = Start,
    };
}
