using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Supervision;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>SEMANTICS C12: when a running attempt is told that it is behind.</summary>
public sealed class StalenessThresholdTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void C12_Each_key_has_its_own_threshold_and_else_the_channels()
    {
        var drive = Drive(new() { StalenessThreshold = 5 * Second, Keys = [Key("x", TimeSpan.Zero), Key("z.*", 3 * Second), Key("z.a", null)] });

        drive.Changed(new(3), new(4), [Change("y", 4)], Start);
        Assert.Empty(drive.Drain());
        Assert.Equal(Start + (5 * Second), Earliest(drive));
        drive.Changed(new(4), new(5), [Change("z.a", 5)], Start + Second);   // The exact policy is silent: not the prefix holds but the channel.
        Assert.Equal(Start + (5 * Second), Earliest(drive));
        drive.Changed(new(5), new(6), [Change("z.b", 6)], Start + (2 * Second));
        Assert.Equal(Start + (3 * Second), Earliest(drive));
        Assert.Empty(drive.Drain());
        drive.Changed(new(6), new(7), [Change("x", 7)], Start + (2 * Second));
        Assert.Single(drive.Drain().OfType<DriveAction.Supersede>());
    }

    [Fact]
    public void C12_A_key_that_came_back_tells_nobody_and_the_others_still_do()
    {
        var drive = Drive(new() { StalenessThreshold = 5 * Second, Keys = [Key("x", 2 * Second)] });
        drive.Changed(new(3), new(4), [Change("x", 4)], Start);
        drive.Changed(new(4), new(5), [Change("y", 5)], Start);
        drive.Changed(new(5), new(6), [Change("x", 6, value: 0)], Start + Second);

        drive.Tick(Start + (4 * Second));
        Assert.Empty(drive.Drain().OfType<DriveAction.Supersede>());
        drive.Tick(Start + (5 * Second));
        Assert.Single(drive.Drain().OfType<DriveAction.Supersede>());
    }

    [Fact]
    public void C12_Where_the_channel_never_tells_a_key_still_may()
    {
        var sync = new ContextSync { NeverTold = true, Keys = [Key("x", TimeSpan.Zero)] };
        var silent = Drive(sync);
        silent.Changed(new(3), new(4), [Change("y", 4)], Start);
        Assert.Empty(silent.Drain());
        silent.Changed(new(4), new(5), [Change("x", 5)], Start);
        Assert.Single(silent.Drain().OfType<DriveAction.Supersede>());
    }

    [Fact]
    public void C16_A_change_that_overtakes_the_admissions_answer_waits_for_it_and_the_attempts_start_is_on_record()
    {
        var (drive, admit) = Drive(new() { StalenessThreshold = TimeSpan.Zero }, isAdmitted: false);

        drive.Changed(new(3), new(4), [Change("x", 4)], Start);
        Assert.Empty(drive.Drain());
        Assert.NotEqual(Start, Earliest(drive));
        drive.Admitted(admit, new AdmitAnswer.Started(Start), Start + Second);

        var actions = drive.Drain();
        Assert.Single(actions.OfType<DriveAction.Supersede>());
        Assert.Equal(Start, Assert.Single(actions.OfType<DriveAction.Begin>()).Body.Last.StartedAt);
    }

    [Fact]
    public void C16_An_attempt_that_ends_before_its_start_is_known_may_have_started_unless_nobody_can_have_it()
    {
        var (drive, admit) = Drive(new() { StalenessThreshold = TimeSpan.Zero }, isAdmitted: false);
        drive.Admitted(admit, new AdmitAnswer.Queued(), Start);
        drive.Changed(new(3), new(4), [Change("x", 4)], Start);
        Assert.True(Begun(drive).Last is { StartedAt: null, MayHaveStarted: true });

        (drive, admit) = Drive(new() { StalenessThreshold = TimeSpan.Zero }, isAdmitted: false);
        drive.Changed(new(3), new(4), [Change("x", 4)], Start);
        drive.Progressed(new(admit.Request.Assignment, Start, Started: true, null, null), Start);   // The answer is lost; this says as much.
        drive.Tick(Start);
        Assert.True(Begun(drive).Last is { StartedAt: not null, MayHaveStarted: false });

        (drive, admit) = Drive(new() { StalenessThreshold = TimeSpan.Zero }, isAdmitted: false);
        drive.Admitted(admit, new AdmitAnswer.Refused(new(Tenants.ProblemKind.ContractRejected, "Poison.")), Start);
        Assert.True(Assert.Single(drive.Unfinished(null, Start)) is { Outcome: AttemptOutcome.Refused, MayHaveStarted: false });
    }

    private static BeginAttempt Begun(RunDrive drive) => Assert.Single(drive.Drain().OfType<DriveAction.Begin>()).Body;

    private static DateTimeOffset Earliest(RunDrive drive) => drive.WakeAt!.Value;

    private static KeyPolicy Key(string pattern, TimeSpan? threshold) => new() { Pattern = new(pattern), StalenessThreshold = threshold };

    private static RunDrive Drive(ContextSync sync) => Drive(sync, isAdmitted: true).Drive;

    private static (RunDrive Drive, DriveAction.Admit Admit) Drive(ContextSync sync, bool isAdmitted)
    {
        var request = Request(Step("a", ["x", "y", "z.*"], ["k"])) with { Timeout = TimeSpan.FromMinutes(1) };
        var plan = Plan(request, _ => true);
        var accepted = plan.Accept(RunId.Make(new(Tenants.TenantId.Default, "c"), "r1"), request, new() { Sync = sync }, new(), new(3), Start);
        var view = new ContextView(new(3), [Entry("x", 1), Entry("y", 2), Entry("z.a", 3)]);
        var drive = RunDrive.Start(accepted, view, request.Timeout, new(new Dictionary<AgentId, long>(), (_, _) => null), Start);
        var admit = Assert.IsType<DriveAction.Admit>(Assert.Single(drive.Drain()));
        if (isAdmitted) drive.Admitted(admit, new AdmitAnswer.Started(Start), Start);
        return (drive, admit);
    }

    private static Change Change(string key, long version, int value = 9) => new(new(version), Start, new("caller"), [new(new(key), JsonValue.Parse($"{value}"))]);

    private static ContextEntry Entry(string key, long version) => new()
    {
        Key = new(key),
        Value = JsonValue.Parse("0"),
        Version = new(version),
        Created = new(version),
        Origin = new("caller"),
        CommittedAt = Start,
    };
}
