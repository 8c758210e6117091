using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rosud.Channels;

namespace Rosud.Tenants;

public sealed class ServerSentEventsTests
{
    // Who reads it lets the one who writes go on at once, up to where he waits again.
    private static readonly PipeOptions Narrow = new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 64, resumeWriterThreshold: 32, useSynchronizationContext: false);

    private readonly ArmedTime _time = new();
    private readonly Pipe _body = new();
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Live_A_listener_that_takes_nothing_for_its_patience_is_cut_and_not_before(int seconds)
    {
        var body = new Pipe(Narrow);
        using var connection = new Connection(body);
        var http = Http(new PipeBody(body.Writer), TimeSpan.FromSeconds(seconds));
        http.Features.Set<IHttpRequestLifetimeFeature>(connection);
        var sending = new ServerSentEvents(Endless(connection.RequestAborted), _time).ExecuteAsync(http);

        await _time.Armed;
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.False(connection.RequestAborted.IsCancellationRequested);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await sending;

        Assert.True(connection.RequestAborted.IsCancellationRequested);
        Assert.True(_left.Task.IsCompleted);   // Its place in the feed is free.
    }

    [Fact]
    public async Task Live_A_listener_that_takes_what_it_is_sent_is_never_cut_however_slow_it_is()
    {
        var body = new Pipe(Narrow);
        using var connection = new Connection(body);
        var http = Http(new PipeBody(body.Writer), TimeSpan.FromSeconds(1));
        http.Features.Set<IHttpRequestLifetimeFeature>(connection);
        var sending = new ServerSentEvents(Endless(connection.RequestAborted), _time).ExecuteAsync(http);

        for (var i = 0; i < 50; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(900));
            var read = await body.Reader.ReadAsync();
            body.Reader.AdvanceTo(read.Buffer.End);
        }

        Assert.False(connection.RequestAborted.IsCancellationRequested);
        connection.Abort();
        await sending;
    }

    private async IAsyncEnumerable<ServerSentEvent> Endless([EnumeratorCancellation] CancellationToken gone)
    {
        try
        {
            for (var id = 1; !gone.IsCancellationRequested; id++)
            {
                yield return new($"{id}", "commit", new string('x', 40));
            }
        }
        finally
        {
            _left.TrySetResult();
        }
    }

    private Task Send(CancellationToken gone)
    {
        var http = Http(new StreamResponseBodyFeature(_body.Writer.AsStream()), TimeSpan.FromSeconds(10));
        http.RequestAborted = gone;
        return new ServerSentEvents(Events(CancellationToken.None), _time).ExecuteAsync(http);
    }

    private static DefaultHttpContext Http(IHttpResponseBodyFeature body, TimeSpan patience)
    {
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().Configure<ListenerOptions>(options => options.Patience = patience).BuildServiceProvider() };
        http.Features.Set(body);
        return http;
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

    /// <summary>As a server's connection: an abort ends what waits to be written.</summary>
    private sealed class Connection(Pipe body) : IHttpRequestLifetimeFeature, IDisposable
    {
        private readonly CancellationTokenSource _aborted = new();

        public CancellationToken RequestAborted
        {
            get => _aborted.Token;
            set => throw new NotSupportedException("It is the connection's own.");
        }

        public void Abort()
        {
            _aborted.Cancel();
            body.Reader.Complete();
        }

        public void Dispose() => _aborted.Dispose();
    }

    private sealed class PipeBody(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => writer.AsStream();

        public PipeWriter Writer => writer;

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException("No file is sent.");

        public Task CompleteAsync() => Task.CompletedTask;

        public void DisableBuffering()
        {
        }
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
