using System.Collections.Immutable;
using CsCheck;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Supervision;
using Rosud.Tenants;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>Whole runs over random graphs whose steps fail, are rejected or refused by dice: what they count against a count of our own on the graph.</summary>
public sealed class N2_CascadeTests
{
    private enum Fate
    {
        Good,
        Fails,
        IsRejected,
        IsRefused,
    }

    [Fact]
    public void N2_Cascades_prevented_equal_an_independent_count_on_the_graph_and_required_siblings_finish() =>
        Gen.Select(Gen.Int[0, 3].Array[0, 3], Gen.Int[0, 9], Gen.Int[0, 2]).Array[1, 10].Sample(shape =>
        {
            var reads = shape.Select((s, i) => s.Item1.Select(back => i - 1 - back).Where(j => j >= 0).Distinct().ToArray()).ToArray();
            var fates = shape.Select(s => s.Item2 < 7 ? Fate.Good : (Fate)(s.Item2 - 6)).ToArray();
            var kinds = shape.Select(s => (OnFailureKind)s.Item3 switch { OnFailureKind.Fallback => OnFailureKind.Default, var kind => kind }).ToArray();
            var request = Request([.. shape.Select((_, i) => Step($"s{i}", [.. reads[i].Select(j => $"k{j}")], [$"k{i}"]) with
            {
                OnFailure = kinds[i] is OnFailureKind.Default
                    ? new(OnFailureKind.Default) { Values = [new(new($"k{i}"), JsonValue.Parse("0"))] }
                    : new(kinds[i]),
            })]);
            var all = request with { Task = request.Task with { Outputs = [.. shape.Select((_, i) => new KeyPattern($"k{i}"))] } };

            var drive = new Played(fates).Run(all);

            // On our own: a step has a value unless it, or something it reads, ended without one.
            var (ran, hasValue, isBelowBad) = (new bool[shape.Length], new bool[shape.Length], new bool[shape.Length]);
            for (var i = 0; i < shape.Length; i++)
            {
                ran[i] = reads[i].All(j => hasValue[j]);
                isBelowBad[i] = reads[i].Any(j => isBelowBad[j] || (ran[j] && fates[j] != Fate.Good));
                hasValue[i] = ran[i] && (fates[i] == Fate.Good || kinds[i] == OnFailureKind.Default);
                if (ran[i] && fates[i] == Fate.Good) Assert.Equal(StepPhase.Done, drive.Steps[i].Phase);
            }

            var result = RunNumbers.Of(drive, Start.AddSeconds(1));
            Assert.Equal(isBelowBad.Count(below => below), result.CascadePrevented);
            Assert.Equal(result.CascadePrevented, result.CascadePreventedByCause.Values.Sum());
            Assert.Empty(result.CascadePreventedByCause.Keys.Except(["failure", "rejected", "refused"]));
        }, iter: 2_000);

    /// <summary>A log and supervisors that answer at once, by the steps' fates.</summary>
    private sealed class Played(Fate[] fates)
    {
        private readonly DateTimeOffset _now = Start;
        private long _version;

        public RunDrive Run(CoordinateRequest request)
        {
            var drive = RunDrive.Start(Accept(request, retryBudget: 0), new(default, []), request.Timeout, new(new Dictionary<AgentId, long>(), (_, _) => null), _now);
            for (var actions = drive.Drain(); !actions.IsEmpty; actions = drive.Drain())
            {
                foreach (var action in actions) Play(drive, action);
            }

            Assert.NotNull(drive.Ended);
            return drive;
        }

        private void Play(RunDrive drive, DriveAction action)
        {
            switch (action)
            {
                case DriveAction.Admit { Request.Incarnation: 0 } first:
                    drive.Admitted(first, new AdmitAnswer.Bounced(7), _now);
                    break;
                case DriveAction.Admit admit when FateOf(admit) is Fate.IsRefused:
                    drive.Admitted(admit, new AdmitAnswer.Refused(new(ProblemKind.CircuitOpen, "Open.")), _now);
                    break;
                case DriveAction.Admit admit:
                    drive.Admitted(admit, new AdmitAnswer.Started(_now), _now);
                    drive.Settle(Outcome(admit), _now);
                    break;
                case DriveAction.Commit { Body: var commit }:
                    drive.Committed(commit, Done(commit.Writes) with { End = EndOf(commit.Last) }, _now);
                    break;
                case DriveAction.Begin { Body: var begin }:
                    drive.Begun(begin, new StepAnswer.Done(new(_version), []), _now);
                    break;
                case DriveAction.End { Body: var end }:
                    drive.EndAnswered(end, new StepAnswer.Done(new(_version), []), _now);
                    break;
            }
        }

        private Fate FateOf(DriveAction.Admit admit) => fates[int.Parse(admit.Request.Assignment.Step[1..], null)];

        private Settlement Outcome(DriveAction.Admit admit) => new()
        {
            Assignment = admit.Request.Assignment,
            Kind = FateOf(admit) is Fate.Fails ? SettlementKind.Failed : SettlementKind.Completed,
            Retryable = false,
            Reason = "By dice.",
            StartedAt = _now,
            EndedAt = _now,
            Completion = new()
            {
                Writes = FateOf(admit) is Fate.IsRejected
                    ? [new(new("not.declared"), JsonValue.Parse("1"))]
                    : [new(new($"k{admit.Request.Assignment.Step[1..]}"), JsonValue.Parse("1"))],
            },
        };

        private StepAnswer.Done Done(ImmutableArray<ContextWrite> writes) =>
            new(new(++_version), [new(new(_version), _now, new("agent", "c.r1", "step", 1), writes)]);

        private RunEnd? EndOf(RunStatus? status) => status is { } last ? new(last, _now, new(_version), null) : null;
    }
}
