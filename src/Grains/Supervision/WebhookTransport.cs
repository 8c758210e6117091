using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Rosud.Agents;

namespace Rosud.Supervision;

/// <summary>POSTs assignments to the agent's url. The answer is the completion, or 202 and a completion later.</summary>
internal sealed class WebhookTransport(Transport target, IHttpClientFactory clients, WebhookHosts hosts, TimeProvider time, OffGrainWork work)
    : IAssignmentTransport
{
    public const string ClientName = "rosud-webhook";

    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(1);

    public bool Ready => true;

    public TimeSpan? Lease => null;

    public void HandOut(Assignment assignment) => work.Start(assignment.Id, stopped => Send(assignment, stopped));

    public void Stop(AssignmentId attempt) => work.Stop(attempt);

    public void StopAll() => work.StopAll();

    private async Task Send(Assignment assignment, CancellationToken stopped)
    {
        if (!hosts.Allows(target.Url!))
        {
            await work.Fail(assignment.Id, new() { Reason = "The agent's host is not allowed here.", Retryable = false }, stopped);
            return;
        }

        using var request = Request(assignment);
        using var client = clients.CreateClient(ClientName);
        using var response = await Answer(client, request, stopped);
        if (response.StatusCode is HttpStatusCode.Accepted) return;   // The agent calls complete or fail itself.
        if (response.StatusCode is HttpStatusCode.OK)
        {
            var (completion, failure) = await WebhookAnswer.Read(response.Content, stopped);
            await (completion is null ? work.Fail(assignment.Id, failure!, stopped) : work.Complete(assignment.Id, completion, stopped));
            return;
        }

        await work.Fail(assignment.Id, Refused(response), stopped);
    }

    private static async Task<HttpResponseMessage> Answer(HttpClient client, HttpRequestMessage request, CancellationToken stopped)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopped);
        }
        catch (HttpRequestException fault)
        {
            throw new HttpRequestException($"The agent could not be reached ({fault.HttpRequestError}).", fault);
        }
    }

    private HttpRequestMessage Request(Assignment assignment)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) AssignmentJson.WriteAssignment(json, assignment);
        var body = buffer.WrittenSpan.ToArray();
        var request = new HttpRequestMessage(HttpMethod.Post, target.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("Idempotency-Key", assignment.IdempotencyKey);
        if (assignment.TraceParent is { } trace) request.Headers.Add("traceparent", trace);
        if (target.Secret is { } secret) request.Headers.Add(WebhookSignature.Header, WebhookSignature.Of(secret, time.GetUtcNow(), body));
        return request;
    }

    private Failure Refused(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status == 429) return new() { Reason = "The agent is throttled (429).", RetryAfter = RetryAfter(response) };
        return new()
        {
            Reason = status is >= 300 and < 400 ? $"The agent answered {status}; redirects are not followed." : $"The agent answered {status}.",
            Retryable = status is >= 500 or 408 or 425,
        };
    }

    private TimeSpan RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => DefaultRetryAfter,
    };
}
