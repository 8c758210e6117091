using System.Text;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Audit;

public sealed class AuditRoutesTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    private const string Route = "/v1/channels/demo/audit";

    private static readonly ReadOnlyMemory<byte>[] Entries = [.. Enumerable.Range(1, 7).Select(n => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($$"""{"kind":"commit","n":{{n}}}"""))];

    private readonly Edge _edge = shared.Edge;

    [Fact]
    public async Task A_page_shows_entries_as_they_are_chained()
    {
        Answer(query => Page(query.After, 2));
        var answer = await _edge.Send("GET", Route + "?after=1&limit=2");
        Assert.Equal(
            $$$"""{"after":{"number":1,"hash":"{{{At(1).Hash}}}"},"gap":false,"entries":[{"entry":{"kind":"commit","n":2},"hash":"{{{At(2).Hash}}}"},{"entry":{"kind":"commit","n":3},"hash":"{{{At(3).Hash}}}"}],"head":{"number":7,"hash":"{{{At(7).Hash}}}"},"next":3,"audit":true,"reads_counted":5}""",
            answer.Text);
    }

    [Theory]
    [InlineData("?after=-1", "after")]
    [InlineData("?after=x", "after")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=501", "limit")]
    public async Task A_page_is_asked_for_strictly(string query, string parameter)
    {
        var answer = await _edge.Send("GET", Route + query);
        Assert.Equal((400, parameter), (answer.Status, Assert.Single(answer.Pointers)));
    }

    [Theory]
    [InlineData(null, 7)]
    [InlineData(3, 3)]
    [InlineData(9, 7)]
    public async Task An_export_goes_through_all_pages_and_verifies(int? limit, int entries)
    {
        Answer(query => Page(query.After, Math.Min(query.Limit, 2)));
        var answer = await Export(limit is null ? "" : $"?limit={limit}");
        Assert.Equal((200, "application/x-ndjson"), (answer.Status, answer.ContentType));
        var verdict = await AuditFile.Check(Encoding.UTF8.GetBytes(answer.Text), await Key());
        Assert.Equal((null, entries, 7), (verdict.Reason, verdict.Entries, verdict.Newest));
    }

    [Fact]
    public async Task An_export_from_the_middle_says_after_what_it_begins()
    {
        Answer(query => Page(Math.Max(query.After, 3), 5));
        var verdict = await AuditFile.Check(Encoding.UTF8.GetBytes((await Export("?after=1")).Text), await Key());
        Assert.Equal((null, At(3), true), (verdict.Reason, verdict.After, verdict.Gap));
    }

    [Fact]
    public async Task An_export_of_a_chain_that_is_broken_has_no_signed_head()
    {
        Answer(query => Page(query.After, 4) with { Fault = new(5, "Entries are missing.") });
        var text = (await Export("")).Text;
        Assert.DoesNotContain("signature", text, StringComparison.Ordinal);
        Assert.Equal(6, (await AuditFile.Check(Encoding.UTF8.GetBytes(text))).Line);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(50)]
    public async Task The_host_checks_its_own_chain(int page)
    {
        Answer(query => Page(query.After, page) with { ValuesChecked = 1 });
        var answer = await _edge.Send("POST", Route + "/verify");
        Assert.Equal((200, true, 7, At(7).Hash.ToString()), (answer.Status, answer.Json.GetProperty("ok").GetBoolean(), answer.Json.GetProperty("entries").GetInt64(), answer.Json.GetProperty("head").GetString()));
        Assert.False(answer.Json.TryGetProperty("extends", out _));
        Assert.False(answer.Json.TryGetProperty("broken", out _));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(4, true)]
    [InlineData(7, true)]
    [InlineData(8, false)]
    public async Task It_says_whether_it_goes_through_an_earlier_head(int at, bool extends)
    {
        Answer(query => Page(query.After, 3));
        var answer = await _edge.Send("POST", Route + "/verify", $$"""{"at":{{at}},"head":"{{At(Math.Min(7, at)).Hash}}"}""");
        Assert.Equal((200, extends, extends), (answer.Status, answer.Json.GetProperty("extends").GetBoolean(), answer.Json.GetProperty("ok").GetBoolean()));
        var other = await _edge.Send("POST", Route + "/verify", $$"""{"at":4,"head":"{{At(5).Hash}}"}""");
        Assert.False(other.Json.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task A_head_that_is_older_than_what_is_kept_cannot_be_compared()
    {
        Answer(query => Page(Math.Max(query.After, 3), 3));
        var answer = await _edge.Send("POST", Route + "/verify", $$"""{"at":2,"head":"{{At(2).Hash}}"}""");
        Assert.Equal((410, "compacted", 3), (answer.Status, answer.ProblemName, answer.Json.GetProperty("oldest").GetInt64()));
    }

    [Fact]
    public async Task A_break_is_an_answer()
    {
        Answer(query => Page(query.After, 3) with { Fault = query.After == 3 ? new(5, "Not those that were chained.") : null });
        var answer = await _edge.Send("POST", Route + "/verify");
        Assert.Equal((200, false, 5), (answer.Status, answer.Json.GetProperty("ok").GetBoolean(), answer.Json.GetProperty("broken").GetProperty("number").GetInt64()));
    }

    [Fact]
    public async Task Pages_that_do_not_follow_each_other_are_a_break()
    {
        Answer(query => query.After == 0 ? Page(0, 3) : Page(query.After, 3) with { Before = new(3, ContentHash.Of("x"u8)) });
        var answer = await _edge.Send("POST", Route + "/verify");
        Assert.Equal((false, 4), (answer.Json.GetProperty("ok").GetBoolean(), answer.Json.GetProperty("broken").GetProperty("number").GetInt64()));
    }

    [Theory]
    [InlineData("""{"at":1}""", "")]
    [InlineData("""{"head":"0000000000000000000000000000000000000000000000000000000000000000"}""", "")]
    [InlineData("""{"at":1,"head":"00"}""", "/head")]
    [InlineData("""{"at":-1,"head":"0000000000000000000000000000000000000000000000000000000000000000"}""", "/at")]
    [InlineData("""{"extra":1}""", "/extra")]
    public async Task A_check_is_asked_for_strictly(string body, string pointer)
    {
        var answer = await _edge.Send("POST", Route + "/verify", body);
        Assert.Equal((400, pointer), (answer.Status, Assert.Single(answer.Pointers)));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "/verify")]
    public async Task A_channel_that_is_not_there_is_404(string method, string path)
    {
        _edge.Actors.On<IChannelGrain>("Audit", (_, _) => Task.FromResult<AuditOutcome>(new AuditOutcome.Refused(new(ProblemKind.NotFound, "There is no such channel."))));
        Assert.Equal(404, (await _edge.Send(method, Route + path)).Status);
    }

    [Fact]
    public async Task A_key_that_cannot_be_used_is_the_hosts_fault_and_not_one_to_repeat()
    {
        var file = Path.GetTempFileName();
        await using var edge = await Edge.StartAsync(settings: new() { ["Rosud:Audit:KeyFile"] = file });
        Answer[] answers = [await edge.Send("GET", "/v1/audit/key"), await edge.Send("GET", Route, headers: ("Accept", "application/x-ndjson"))];
        File.Delete(file);
        Assert.All(answers, answer => Assert.Equal((500, "internal"), (answer.Status, answer.ProblemName)));
        Assert.All(answers, answer => Assert.Contains("Rosud:Audit:KeyFile", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    private Task<Answer> Export(string query) => _edge.Send("GET", Route + query, headers: ("Accept", "application/x-ndjson"));

    private async Task<AuditKey> Key() => AuditKey.FromPem((await _edge.Send("GET", "/v1/audit/key")).Json.GetProperty("public_key").GetString()!);

    private void Answer(Func<AuditQuery, AuditPage> page) =>
        _edge.Actors.On<IChannelGrain>("Audit", (_, arguments) => Task.FromResult<AuditOutcome>(new AuditOutcome.Found(page((AuditQuery)arguments[0]!))));

    private static AuditHead At(long number) => Entries.Take((int)number).Aggregate(default(AuditHead), (head, entry) => head.Next(entry.Span));

    private static AuditPage Page(long after, int count) => new()
    {
        Before = At(after),
        Entries = [.. Entries.Skip((int)after).Take(count).Select((entry, i) => new AuditLine(entry, At(after + i + 1).Hash))],
        Head = At(7),
        More = after + count < 7,
        IsOn = true,
        ReadsCounted = 5,
    };
}
