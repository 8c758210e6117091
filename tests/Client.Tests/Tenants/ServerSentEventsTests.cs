using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;

namespace Rosud.Tenants;

public sealed class ServerSentEventsTests
{
    private readonly ArmedTime _time = new();
    private readonly Pipe _body = new();
    private readonly TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_comment_comes_whenever_nothing_came_for_15_seconds()
    {
        var sending = Send(CancellationToken.None);
        await Expect(":\n\nid: 1\nevent: commit\ndata: {\"a\":\"\\n\"}\n\n");
        await _time.Armed;
        _time.Advance(TimeSpan.FromMilliseconds(14_999));
        Assert.False(_body.Reader.TryRead(out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Expect(":\n\n");
        _more.SetResult();
        await Expect("id: 2\n\n");
        await sending;
    }

    [Fact]
    public async Task A_listener_that_leaves_ends_the_events_without_an_error()
    {
        using var gone = new CancellationTokenSource();
        var sending = Send(gone.Token);
        await _time.Armed;
        await gone.CancelAsync();
        await sending;
    }

    private async Task Send(CancellationToken gone)
    {
        var http = new DefaultHttpContext { RequestAborted = gone };
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(_body.Writer.AsStream()));
        await new ServerSentEvents(Events(CancellationToken.None), _time).ExecuteAsync(http);
    }

    private async IAsyncEnumerable<ServerSentEvent> Events([EnumeratorCancellation] CancellationToken gone)
    {
        yield return new("1", "commit", new { a = "\n" });
        await _more.Task.WaitAsync(gone);
        yield return new("2", null, null);
    }

    private async Task Expect(string text)
    {
        var read = await _body.Reader.ReadAtLeastAsync(text.Length);
        Assert.Equal(text, Encoding.UTF8.GetString(read.Buffer));
        _body.Reader.AdvanceTo(read.Buffer.End);
    }

    private sealed class ArmedTime : FakeTimeProvider
    {
        private readonly TaskCompletionSource _armed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Armed => _armed.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _armed.TrySetResult();
            return timer;
        }
    }
}
