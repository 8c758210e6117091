using CsCheck;
using static Rosud.Runs.RunExamples;

namespace Rosud.Runs;

/// <summary>The critical path and its parts, from whatever instants were recorded (SEMANTICS N1).</summary>
public sealed class TimelineTests
{
    private static readonly string[] Kinds = ["queue", "dispatch", "context", "work", "commit", "conflict", "backoff"];

    // Instants of other clocks may lie anywhere: before the acceptance, after the end, and in any order.
    [Fact]
    public void N1_Parts_are_never_negative_and_sum_to_the_wall_time_whatever_was_recorded() =>
        Gen.Select(Gen.Int[1, 6], Gen.Select(Gen.Int[0, 5], Gen.Int[0, 6], Gen.Int[-2_000, 12_000], Gen.Bool).Array[0, 60], Gen.Int[-1_000, 12_000]).Sample((count, marks, end) =>
        {
            var steps = Accept(Request(Enumerable.Range(0, count).Select(i => Step($"s{i}", [], [$"k{i}"])).ToArray())).Steps.Select((plan, i) => new StepState(plan, i)).ToArray();
            var timeline = new RunTimeline(Start, count);
            foreach (var (step, kind, at, isReady) in marks)
            {
                var index = step % count;
                if (isReady) timeline.Ready(index, at % 3 == 0 ? Math.Abs(at) % count : null, Start.AddMilliseconds(at));
                else timeline.Mark(index, 1 + (at & 1), Kinds[kind], Start.AddMilliseconds(at));
                if (at % 7 == 0) steps[index].Phase = StepPhase.Done;
            }

            var ended = Start.AddMilliseconds(end);
            var wall = Math.Max(0, end);
            var path = CriticalPath.Of(timeline, steps, ended);
            Assert.All(path, part => Assert.True(part.Ms > 0));
            Assert.Equal(wall, path.Sum(part => part.Ms), 0.001);
            var overhead = path.Where(part => part.Kind is not ("work" or "rework")).Sum(part => part.Ms);
            Assert.InRange(overhead, 0, wall);
        });

    [Fact]
    public void N1_The_end_never_comes_before_what_was_committed()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var run = DriveScript.Of(Request(Step("a", [], ["k"]), Step("b", ["k"], ["m"])));
            run.LogLag = TimeSpan.FromMilliseconds(seed % 4);
            run.Wait(TimeSpan.FromMilliseconds(seed % 17));
            if (seed % 3 == 0) run.Publish("a", ("k", "1"));
            run.Wait(TimeSpan.FromMilliseconds(seed % 5));
            run.Complete("a", ("k", "1"));
            run.Wait(TimeSpan.FromMilliseconds(seed % 7));
            run.Complete("b", ("m", "1"));
            var events = run.Result.Timeline;
            var ended = events.Single(happened => happened.Kind == "ended");
            Assert.All(events, happened => Assert.True(happened.At <= ended.At, $"{happened.Kind} after the end"));
            Assert.Equal(("ended", run.Result.EndedAt), (events[^1].Kind, ended.At));
            Assert.Equal(run.Result.CoordinationOverheadMs, run.Result.OverheadPartsMs.Values.Sum(), 1.0);
        }
    }
}
