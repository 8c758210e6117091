using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Rosud.Agents;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Supervision;

public sealed class WebhookAgentTests(SupervisionFixture fixture) : IClassFixture<SupervisionFixture>, IAsyncLifetime
{
    private readonly TaskCompletionSource<(string Body, IHeaderDictionary Headers)> _request = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _agent = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _agent = builder.Build();
        _agent.MapPost("/work", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            _request.TrySetResult((await reader.ReadToEndAsync(), new HeaderDictionary(context.Request.Headers.ToDictionary())));
            await context.Response.WriteAsync("""{"writes":{"facts.a":1},"usage":{"input_tokens":5}}""");
        });
        _agent.MapPost("/busy", context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        });
        _agent.MapPost("/garbage", context => context.Response.WriteAsync("""{"write":{}}"""));
        _agent.MapPost("/flood", context => context.Response.Body.WriteAsync(new byte[2 * 1024 * 1024]).AsTask());
        _agent.MapPost("/away", context =>
        {
            context.Response.Redirect("http://127.0.0.1:1/");
            return Task.CompletedTask;
        });
        _agent.MapPost("/later", context =>
        {
            context.Response.StatusCode = 202;
            _request.TrySetResult(("", context.Request.Headers));
            return Task.CompletedTask;
        });
        _agent.MapPost("/slow", async context =>
        {
            using var aborted = context.RequestAborted.Register(_aborted.SetResult);
            _request.TrySetResult(("", context.Request.Headers));
            await _aborted.Task;
        });
        await _agent.StartAsync();
    }

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact]
    public async Task An_assignment_is_posted_signed_and_answered_in_one_exchange()
    {
        var agent = await Register("work");
        await agent.Admit(agent.Attempt());

        var (body, headers) = await _request.Task;
        var settlement = await agent.Script.Settlements.Reader.ReadAsync();

        Assert.Equal("key-step", headers["Idempotency-Key"]);
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", headers["traceparent"], StringComparison.Ordinal);
        Assert.Equal(WebhookSignature.Of("secret", fixture.Time.GetUtcNow(), Encoding.UTF8.GetBytes(body)), headers["Rosud-Signature"]);
        Assert.Contains("\"goal\":\"Do it.\"", body, StringComparison.Ordinal);
        Assert.Equal(new ContextWrite(new("facts.a"), JsonValue.Parse("1")), Assert.Single(settlement.Completion!.Writes));
        Assert.Equal(5, settlement.Completion.Usage.InputTokens);
    }

    [Theory]
    [InlineData("garbage", "no completion: /write ")]
    [InlineData("flood", "larger than 1 MiB")]
    [InlineData("away", "redirects are not followed")]
    [InlineData("missing", "answered 404")]
    public async Task A_bad_answer_is_a_failure_that_says_what_was_bad(string path, string reason)
    {
        var agent = await Register(path);
        await agent.Admit(agent.Attempt());

        var settlement = await agent.Script.Settlements.Reader.ReadAsync();

        Assert.Equal(SettlementKind.Failed, settlement.Kind);
        Assert.Contains(reason, settlement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_throttled_agent_is_deferred_and_its_next_attempt_waits_until_then()
    {
        var agent = await Register("busy");
        await agent.Admit(agent.Attempt());

        var settlement = await agent.Script.Settlements.Reader.ReadAsync();

        Assert.Equal((SettlementKind.Deferred, TimeSpan.FromSeconds(7)), (settlement.Kind, settlement.RetryAfter));
        Assert.IsType<AdmitAnswer.Queued>(await agent.Admit(agent.Attempt(attempt: 2)));
        fixture.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(2, (await agent.Script.Settlements.Reader.ReadAsync()).Assignment.Attempt);
    }

    [Fact]
    public async Task An_agent_may_answer_later()
    {
        var agent = await Register("later");
        await agent.Admit(agent.Attempt());
        await _request.Task;

        var outcome = await agent.Supervisor.Complete(agent.Attempt(), new());

        Assert.Equal(new SettleOutcome.Settled(SettleKind.Accepted, new(9)), outcome);
    }

    [Fact]
    public async Task R17_A_superseded_attempts_request_is_aborted()
    {
        var agent = await Register("slow");
        await agent.Admit(agent.Attempt());
        await _request.Task;

        await agent.Door.Supersede(agent.Attempt(), epoch: 1);

        await _aborted.Task;
    }

    [Fact]
    public async Task A_host_that_is_not_allowed_is_refused_at_once()
    {
        var agent = await fixture.Register("elsewhere");
        var spec = new AgentSpec { Transport = new(TransportKind.Webhook, new Uri("http://169.254.169.254/latest")) };

        var refused = Assert.IsType<AgentOutcome.Refused>(await fixture.Grain<IAgentGrain>(agent.Agent).Register(spec));

        Assert.Equal("/transport/url", Assert.Single(refused.Problem.Errors).Pointer);
    }

    private Task<Supervised> Register(string path) => fixture.Register(
        $"hook-{path}", new() { Transport = new(TransportKind.Webhook, new Uri($"{_agent.Urls.Single()}/{path}"), "secret") });
}
