using System.Text;
using CsCheck;
using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

public sealed class ValuesOnTheWireTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    // The ugly ones: escapes, non-ASCII, members that languages treat specially, numbers that a double cannot hold.
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("", "__proto__", "constructor", "$type", "$ref", "\0", "\r\n", "\n\ndata: x", "\u2028", "<script>", "\"\\/", "é", "😀"), Gen.Char[' ', '~'].Array[0, 6].Select(letters => new string(letters)));

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Gen.OneOf("null", "true", "false", "0", "-0", "1.0", "1e999", "-1E-400", "9007199254740993", "0.1000000000000000055511151231257827", "123456789012345678901234567890"),
        Text.Select(Quote));

    private static readonly Gen<string> Value = Gen.Recursive<string>((depth, deeper) => depth > 4 ? Scalar : Gen.OneOf(
        Scalar,
        deeper.Array[0, 3].Select(elements => $"[{string.Join(" , ", elements)}]"),
        Gen.Select(Text, deeper).Array[0, 3].Select(members => $"{{ {string.Join(",", members.DistinctBy(member => member.Item1).Select(member => $"{Quote(member.Item1)} : {member.Item2}"))} }}")));

    [Fact]
    public Task A_value_reaches_the_channel_and_comes_back_as_its_canonical_bytes() => Value.SampleAsync(async text =>
    {
        var value = JsonValue.Parse(text);
        shared.Edge.Actors.On<IChannelGrain>("Commit", (_, _) => Task.FromResult<PatchOutcome>(new PatchOutcome.Applied(new(1), PatchEffect.Committed)));
        shared.Edge.Actors.On<IChannelGrain>("Read", (_, _) => Task.FromResult<ReadOutcome>(new ReadOutcome.Found(new(new(1), [Entry(value)]))));
        var patched = await shared.Edge.Send("PATCH", "/v1/channels/demo/context", $$"""{ "set" : { "k" : {{text}} } }""");
        Assert.Equal(200, patched.Status);
        Assert.Equal(value, Assert.Single(shared.Edge.Actors.Argument<ContextPatch>("Commit")!.Writes).Value);
        var read = await shared.Edge.Send("GET", "/v1/channels/demo/context");
        Assert.Contains($"\"value\":{value},", read.Text, StringComparison.Ordinal);
    }, iter: 300, threads: 1);

    private static ContextEntry Entry(JsonValue value) => new()
    {
        Key = new("k"),
        Value = value,
        Version = new(1),
        Created = new(1),
        Origin = new("planner"),
        CommittedAt = DateTimeOffset.UnixEpoch,
    };

    private static string Quote(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text) json.Append(c is < ' ' or '"' or '\\' or > '~' ? $"\\u{(int)c:x4}" : c);
        return json.Append('"').ToString();
    }
}
