using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Context;

/// <summary>SEMANTICS C1, as docs/conflicts.md tells it: every cell is performed.</summary>
public sealed class ConflictTableTests(RosudHost host) : IClassFixture<RosudHost>
{
    private static readonly string[] Members = ["overwritten", "dropped", "merged", "parked"];
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, string, string, string, int> Cells()
    {
        var cells = new TheoryData<string, string, string, string, int>();
        foreach (var (mode, writer, situation, outcome, value) in ConflictTable.Cells()) cells.Add(mode, writer, situation, outcome, value);
        return cells;
    }

    [Fact]
    public void C1_The_table_has_every_mode() =>
        Assert.Equal(Enum.GetValues<ConflictResolution>().Select(mode => SnakeCase.Of(mode)).Order(), ConflictTable.Cells().Select(cell => cell.Mode).Distinct().Order());

    [Theory]
    [MemberData(nameof(Cells))]
    public void C1_The_rules_do_what_the_table_says(string mode, string writer, string situation, string outcome, int value)
    {
        var policy = new ContextSync
        {
            Keys = [new() { Pattern = new("k"), ConflictResolution = Enum.GetValues<ConflictResolution>().Single(one => SnakeCase.Of(one) == mode), Merge = mode == "merge" ? MergeKind.Sum : null, Owner = "owner", Priority = ["owner", "other"] }],
        };
        var log = ContextLog.Empty.Commit([new(new("k"), JsonValue.Parse("1"))], new("other"), Noon).Next.Commit([new(new("k"), JsonValue.Parse("2"))], new("other"), Noon).Next;
        var patch = new ContextPatch
        {
            Writes = [new(new("k"), JsonValue.Parse("3"))],
            BasedOn = ConflictTable.BasedOn(situation) is { } version ? new(version) : null,
            Reads = situation.StartsWith("stale", StringComparison.Ordinal) ? [new("k")] : [],
            Origin = new(writer),
        };

        var verdict = log.Judge(patch, policy, Noon);

        Assert.Equal(outcome, Told(verdict));
        if (verdict is PatchVerdict.Apply apply) log = log.Commit(apply.Writes, patch.Origin, Noon).Next;
        Assert.Equal($"{value}", log.Find(new("k"))!.Value.ToString());
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task C1_HTTP_does_what_the_table_says(string mode, string writer, string situation, string outcome, int value)
    {
        var details = mode switch { "merge" => ""","merge":"sum" """, "owner_wins" => ""","owner":"owner" """, "priority" => ""","priority":["owner","other"]""", _ => "" };
        var channel = await host.NewChannel(sync: $$$$"""{"keys":{"k":{"conflict_resolution":"{{{{mode}}}}"{{{{details}}}}}}}""");
        await Patch(channel, """{"set":{"k":1},"based_on":0,"writer":"other"}""");
        await Patch(channel, $$$$"""{"set":{"k":{{{{(mode == "merge" ? 1 : 2)}}}}},"based_on":1,"writer":"other"}""");
        var basedOn = ConflictTable.BasedOn(situation) is { } version ? $",\"based_on\":{version}" : "";
        var reads = situation.StartsWith("stale", StringComparison.Ordinal) ? ",\"reads\":[\"k\"]" : "";

        var answer = await Patch(channel, $$$"""{"set":{"k":3},"writer":"{{{writer}}}"{{{basedOn}}}{{{reads}}}}""");

        Assert.Equal(outcome, answer.Status == 200 ? Told(answer) : $"{answer.Status} {answer.Problem}");
        Assert.Equal(value, (await host.Send("GET", $"/v1/channels/{channel}/context")).Json.GetProperty("entries").GetProperty("k").GetProperty("value").GetInt32());
    }

    private Task<HttpAnswer> Patch(string channel, string body) => host.Send("PATCH", $"/v1/channels/{channel}/context", body);

    private static string Told(HttpAnswer answer)
    {
        var named = Members.Where(member => answer.Json.GetProperty(member).GetArrayLength() > 0).ToList();
        Assert.Equal(named is ["dropped" or "parked"] ? named[0] : "committed", answer["outcome"]);
        return named.Count == 0 ? "committed" : Assert.Single(named);
    }

    private static string Told(PatchVerdict verdict) => verdict switch
    {
        PatchVerdict.Apply { Overwritten.Length: 1 } => "overwritten",
        PatchVerdict.Apply { Merged.Length: 1 } => "merged",
        PatchVerdict.Apply => "committed",
        PatchVerdict.Nothing nothing => SnakeCase.Of(nothing.Effect),
        PatchVerdict.Stale => "412 stale-context",
        PatchVerdict.Conflict => "412 conflict",
        PatchVerdict.Refused { Problem.Kind: ProblemKind.PreconditionRequired } => "428 precondition-required",
        _ => verdict.ToString(),
    };
}
