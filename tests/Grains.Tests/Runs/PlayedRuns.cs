namespace Rosud.Runs;

/// <summary>Plays many schedules of the run simulation and says what came of them.</summary>
internal static class PlayedRuns
{
    /// <summary>Leaving a rule out must break its invariant in one of so many schedules; other consequences of the same hole do not count.</summary>
    public static void AssertNoticed(int schedules, string rule, string invariant, Func<int, Mutant, RunSimulation> schedule)
    {
        var mutant = Enum.Parse<Mutant>(rule);
        for (var seed = 0; seed < schedules; seed++)
        {
            try
            {
                schedule(seed, mutant).Play();
            }
            catch (BrokenInvariantException broken) when (broken.Message.StartsWith(invariant, StringComparison.Ordinal))
            {
                return;
            }
            catch (BrokenInvariantException)
            {
                // Another consequence of the same hole.
            }
        }

        Assert.Fail($"{schedules:N0} schedules without {rule} looked right.");
    }

    /// <summary>Kills one actor after each pick in turn: the run must complete every time.</summary>
    public static void AssertEndsWhereverKilled(int seeds, string victim, Func<int, RunSimulation> schedule)
    {
        var actor = Enum.Parse<Actor>(victim);
        for (var seed = 0; seed < seeds; seed++)
        {
            var isKilled = true;
            for (var after = 0; isKilled; after++)
            {
                var played = schedule(seed);
                played.Kill = (actor, after);
                try
                {
                    played.Play();
                }
                catch (BrokenInvariantException broken)
                {
                    Assert.Fail($"Seed {seed}, killed after {after}: {broken.Message}");
                }

                isKilled = played.HasKilled;
                Assert.True(played.Log.End!.Status == RunStatus.Completed, $"Seed {seed}, killed after {after}: {played.Log.End.Status} {played.Log.End.Detail}");
            }
        }
    }
}
