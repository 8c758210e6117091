using Microsoft.Extensions.Time.Testing;

namespace Rosud.Runs;

public sealed class RunWaitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeRun _run = new();

    [Fact]
    public async Task The_pushed_end_is_the_answer_without_asking()
    {
        var wait = new RunWait(_time);
        var waiting = wait.WaitAsync(_run, wait, watch: false, TimeSpan.FromSeconds(3), CancellationToken.None);
        await wait.Ended(FakeRun.Result(RunStatus.Completed));
        Assert.Equal(RunStatus.Completed, StatusOf(await waiting));
        Assert.Equal((0, 0), (_run.Watches, _run.Reads));
    }

    [Fact]
    public async Task A_push_that_came_before_the_waiting_is_not_lost()
    {
        var wait = new RunWait(_time);
        await wait.Ended(FakeRun.Result(RunStatus.Partial));
        Assert.Equal(RunStatus.Partial, StatusOf(await wait.WaitAsync(_run, wait, watch: false, TimeSpan.FromSeconds(3), CancellationToken.None)));
    }

    [Fact]
    public async Task A_run_that_had_ended_before_is_answered_by_the_first_look()
    {
        _run.Status = RunStatus.Failed;
        var wait = new RunWait(_time);
        Assert.Equal(RunStatus.Failed, StatusOf(await wait.WaitAsync(_run, wait, watch: true, TimeSpan.FromSeconds(3), CancellationToken.None)));
        Assert.Equal(1, _run.Watches);
    }

    [Fact]
    public async Task The_observer_is_renewed_every_five_seconds_and_finds_an_end_whose_push_was_lost()
    {
        var wait = new RunWait(_time);
        var waiting = wait.WaitAsync(_run, wait, watch: false, TimeSpan.FromSeconds(60), CancellationToken.None);
        _run.Status = RunStatus.Completed;
        _time.Advance(TimeSpan.FromMilliseconds(4999));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(RunStatus.Completed, StatusOf(await waiting));
        Assert.Equal((1, 0), (_run.Watches, _run.Reads));
    }

    [Fact]
    public async Task At_its_own_end_the_waiting_reads_once()
    {
        var wait = new RunWait(_time);
        var waiting = wait.WaitAsync(_run, wait, watch: false, TimeSpan.FromMilliseconds(3020), CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(3019));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(RunStatus.Working, StatusOf(await waiting));
        Assert.Equal((0, 1), (_run.Watches, _run.Reads));
    }

    [Fact]
    public async Task A_caller_that_leaves_ends_the_waiting_alone()
    {
        using var gone = new CancellationTokenSource();
        var wait = new RunWait(_time);
        var waiting = wait.WaitAsync(_run, wait, watch: false, TimeSpan.FromSeconds(60), gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, _run.Cancels);
    }

    private static RunStatus StatusOf(RunOutcome outcome) => Assert.IsType<RunOutcome.Found>(outcome).Result.Status;

    private sealed class FakeRun : IRunGrain
    {
        public RunStatus Status { get; set; } = RunStatus.Working;

        public int Watches { get; private set; }

        public int Reads { get; private set; }

        public int Cancels { get; private set; }

        public static RunResult Result(RunStatus status) => new() { Run = new(Tenants.TenantId.Default, "demo.r1"), Network = "default", Status = status };

        public Task<RunOutcome> Describe() => Answer(() => Reads++);

        public Task<AnswerOutcome> Answer(GivenAnswer answer) => throw new NotSupportedException();

        public Task<RunOutcome> Cancel() => Answer(() => Cancels++);

        public Task<RunOutcome> Watch(IRunObserver observer) => Answer(() => Watches++);

        private Task<RunOutcome> Answer(Action count)
        {
            count();
            return Task.FromResult<RunOutcome>(new RunOutcome.Found(Result(Status)));
        }
    }
}
