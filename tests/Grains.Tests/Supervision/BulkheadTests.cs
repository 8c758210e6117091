using CsCheck;
using Rosud.Agents;
using Rosud.Runs;
using static Rosud.Supervision.SupervisionExamples;

namespace Rosud.Supervision;

public sealed class BulkheadTests
{
    [Fact]
    public void S1_The_queue_goes_by_priority_and_then_by_when_the_run_was_accepted()
    {
        var bulkhead = new Bulkhead(1, 10)
            .Enqueue(Waits(1, RunPriority.Batch, acceptedAt: 0))
            .Enqueue(Waits(2, RunPriority.Interactive, acceptedAt: 5))
            .Enqueue(Waits(3, RunPriority.Interactive, acceptedAt: 2));

        Assert.Equal([3, 2, 1], bulkhead.Queue.Select(waiting => int.Parse(waiting.Assignment.Run.Name[^1..], null)));
    }

    // The model is the slow, obvious version: two lists, searched from the start each time.
    [Fact]
    public void S1_It_agrees_with_a_list_of_permits_and_a_list_of_those_who_wait() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 5], Gen.Select(Gen.Int[0, 4], Gen.Int[1, 12], Gen.Int[1, 20]).Array[0, 80]).Sample((room, limit, moves) =>
        {
            var (ledger, now) = (Ledger(room, limit), Start);
            var (permits, queue) = (new List<(AssignmentId Id, DateTimeOffset Ends)>(), new List<(AssignmentId Id, DateTimeOffset Ends)>());
            var seen = new HashSet<int>();
            foreach (var (move, run, seconds) in moves)
            {
                var id = Attempt(run);
                now += Seconds(0.25);
                switch (move)
                {
                    case 0 or 1:
                        var fits = permits.Count < room || queue.Count < limit;
                        (ledger, var answer) = ledger.Admit(Admission(id) with { TimeLeft = Seconds(seconds), AcceptedAt = now }, now);
                        Assert.Equal(seen.Contains(run), answer is AdmitAnswer.Ignored);
                        if (answer is AdmitAnswer.Ignored) break;
                        Assert.Equal(fits, answer is not AdmitAnswer.Refused);
                        if (!fits) break;
                        seen.Add(run);
                        queue.Add((id, now + Seconds(seconds)));
                        break;
                    case 2:
                        (ledger, var taken) = ledger.Complete(id, now);
                        if (seen.Add(run)) Assert.Equal(LastWord.Kept, taken);   // Unknown and new: taken back, and ended at once.
                        permits.RemoveAll(permit => permit.Id == id);
                        ledger = ledger.Release(id, new SettleOutcome.Noted(), now);
                        break;
                    case 3:
                        now += Seconds(seconds / 4.0);
                        while (ledger.EndOver(now) is { Ended: { } ended } over) ledger = over.Next.Release(ended, new SettleOutcome.Noted(), now);
                        permits.RemoveAll(permit => permit.Ends <= now);
                        queue.RemoveAll(waiting => waiting.Ends <= now);
                        break;
                    default:
                        (ledger, _) = ledger.Cancel(Run(run), epoch: 1, now);
                        seen.Add(run);
                        permits.RemoveAll(permit => permit.Id == id);
                        queue.RemoveAll(waiting => waiting.Id == id);
                        break;
                }

                ledger = ledger.Pumped(now);
                while (permits.Count < room && queue.Count > 0)
                {
                    permits.Add(queue[0]);
                    queue.RemoveAt(0);
                }

                Assert.True(ledger.Bulkhead.Permits.Count <= room);
                Assert.Equal(permits.Select(permit => permit.Id).ToHashSet(), ledger.Bulkhead.Permits.Keys.ToHashSet());
                Assert.Equal(queue.Select(waiting => waiting.Id), ledger.Bulkhead.Queue.Select(waiting => waiting.Assignment));
                Assert.Equal(permits.Concat(queue).Select(one => (DateTimeOffset?)one.Ends).Min(), ledger.Bulkhead.NextEnd);
            }
        }, iter: 3_000);

    [Theory]
    [InlineData(0, 0, false, true)]
    [InlineData(1, 0, false, true)]
    [InlineData(2, 0, false, false)]   // No room.
    [InlineData(2, 1, false, false)]   // Somebody waits.
    [InlineData(0, 0, true, false)]    // The agent asked for a pause.
    public void Starting_at_once_is_the_same_as_to_wait_for_a_turn_that_comes_at_once(int running, int waiting, bool held, bool starts)
    {
        var ledger = Ledger(2, 10);
        for (var run = 1; run <= running + waiting; run++) ledger = ledger.Enqueue(Admission(Attempt(run)), Start).Pumped(Start);
        if (held) ledger = ledger.Hold(At(10));
        var request = Admission(Attempt(9));

        var (atOnce, permit) = ledger.StartAtOnce(request, Seconds(30), At(1));
        var (inTurn, given) = ledger.Enqueue(request, At(1)).HandOutNext(Seconds(30), At(1));

        Assert.Equal(starts, permit is not null);
        if (!starts)
        {
            Assert.Same(ledger, atOnce);
            return;
        }

        Assert.Equal(given, permit);
        Assert.Equal(inTurn.Bulkhead.Permits.Values.ToHashSet(), atOnce.Bulkhead.Permits.Values.ToHashSet());
        Assert.Equal((inTurn.Runs[request.Assignment.Run], inTurn.NextEnd, 0), (atOnce.Runs[request.Assignment.Run], atOnce.NextEnd, atOnce.Bulkhead.Queue.Count));
    }

    private static Waiting Waits(int run, RunPriority priority, double acceptedAt) =>
        new(Admission(Attempt(run)) with { Priority = priority, AcceptedAt = At(acceptedAt) }, Start);
}
