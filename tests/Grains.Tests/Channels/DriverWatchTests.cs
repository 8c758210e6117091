using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rosud.Context;
using Rosud.Runs;
using static Rosud.Runs.RunExamples;

namespace Rosud.Channels;

/// <summary>What drivers are told of changes.</summary>
public sealed class DriverWatchTests
{
    [Fact]
    public void A_driver_that_was_given_an_older_reading_than_it_was_sent_since_finds_out_that_it_has_missed_something()
    {
        var factory = DispatchProxy.Create<IGrainFactory, Drivers>();
        var told = ((Drivers)(object)factory).Told;
        using var watch = new DriverWatch(new(factory), new FakeTimeProvider(Start), NullLogger.Instance);
        var request = Request(Step("a", ["x"], ["k"]));
        var run = new RunRecord(
            Plan(request, _ => true).Accept(RunId.Make(new(Tenants.TenantId.Default, "c"), "r1"), request, new(), new(), new(1), Start),
            1,
            ImmutableSortedDictionary.Create<string, StepRecord>(StringComparer.Ordinal));

        watch.Told(run.Accepted.Run, new(1));
        watch.Tell([run], [Change(2)], []);
        watch.Told(run.Accepted.Run, new(1));   // The answer of a takeover that was decided before that change, and continued after it.
        watch.Tell([run], [Change(3)], []);

        Assert.Equal([(1L, 2L), (2L, 3L)], told);
    }

    [Theory]   // SEMANTICS R3: what a commit is held for may be another run's, and its acceptance makes no version.
    [InlineData("x", "r2", true)]
    [InlineData("x", "r1", false)]
    [InlineData("y", "r2", false)]
    public void A_driver_is_told_when_what_another_run_has_published_is_accepted(string key, string by, bool isTold)
    {
        var factory = DispatchProxy.Create<IGrainFactory, Drivers>();
        using var watch = new DriverWatch(new(factory), new FakeTimeProvider(Start), NullLogger.Instance);
        var request = Request(Step("a", ["x"], ["k"]));
        var accepted = Plan(request, _ => true).Accept(RunId.Make(new(Tenants.TenantId.Default, "c"), "r1"), request, new(), new(), new(1), Start);
        watch.Told(accepted.Run, new(4));

        watch.Tell(
            [new(accepted, 1, ImmutableSortedDictionary.Create<string, StepRecord>(StringComparer.Ordinal))],
            [],
            [new() { Key = new(key), Value = JsonValue.Null, Version = new(3), Created = new(3), Origin = new("b", by == "r1" ? accepted.Run.Name : by, "b", 1), CommittedAt = Start, Provisional = true }]);

        Assert.Equal(isTold ? [(4L, 4L)] : [], ((Drivers)(object)factory).Told);
    }

    private static Change Change(long version) => new(new(version), Start, new("caller"), [new(new("x"), JsonValue.Parse($"{version}"))]);

    /// <summary>Every grain it is asked for is one driver that notes what it is told.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "A proxy is made of it.")]
    private class Drivers : DispatchProxy
    {
        private readonly IRunDriver _driver;

        public Drivers()
        {
            _driver = Create<IRunDriver, Driver>();
            Told = ((Driver)(object)_driver).Told;
        }

        public List<(long From, long To)> Told { get; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _driver;
    }

    [SuppressMessage("Performance", "CA1852", Justification = "A proxy is made of it.")]
    private class Driver : DispatchProxy
    {
        public List<(long From, long To)> Told { get; } = [];

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name != nameof(IRunDriver.Changed)) throw new NotSupportedException(targetMethod.Name);
            Told.Add((((ContextVersion)args![0]!).Number, ((ContextVersion)args[1]!).Number));
            return Task.CompletedTask;
        }
    }
}
