using Rosud.Cluster;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Channels;

public sealed class ChannelGrainTests
{
    [Fact]
    public async Task Two_writers_racing_on_one_key_get_one_commit_and_one_conflict_under_reject()
    {
        await using var cluster = await RosudCluster.Start();
        var channel = await cluster.Channel("race", new() { ConflictResolution = ConflictResolution.Reject });

        var outcomes = await Task.WhenAll(channel.Commit(Patch("a", "x", 1, basedOn: 0)), channel.Commit(Patch("b", "x", 2, basedOn: 0)));

        Assert.Single(outcomes.OfType<PatchOutcome.Applied>());
        Assert.Single(outcomes.OfType<PatchOutcome.Conflict>());
        Assert.Equal(1, (await Read(channel)).Version.Number);
    }

    [Fact]
    public async Task Concurrent_read_modify_writes_lose_no_increment()
    {
        await using var cluster = await RosudCluster.Start();
        var channel = await cluster.Channel("count");
        await channel.Commit(Patch("start", "n", 0, basedOn: 0));

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Increment(channel)));

        Assert.Equal("10", (await Read(channel)).Entries.Single().Value.ToString());
    }

    [Fact]
    public async Task C14_Readers_see_a_version_only_once_it_is_durable()
    {
        await using var cluster = await RosudCluster.Start(1);
        var channel = await cluster.Channel("slow-disk");
        cluster.Storage.Close();

        var commit = channel.Commit(Patch("a", "goal", "ship"));
        await cluster.Storage.Held;
        Assert.Empty((await Read(channel, ReadConsistency.Plain)).Entries);

        cluster.Storage.Open();
        Assert.Equal(1, Assert.IsType<PatchOutcome.Applied>(await commit).Version.Number);
        Assert.Single((await Read(channel, ReadConsistency.Plain)).Entries);
    }

    [Fact]
    public async Task The_same_operation_gets_its_first_answer_and_another_body_is_refused()
    {
        await using var cluster = await RosudCluster.Start(1);
        var channel = await cluster.Channel("again");
        var patch = Patch("a", "x", 1) with { OperationId = "op-1", BodyHash = ContentHash.Of("one"u8) };

        var answers = await Task.WhenAll(channel.Commit(patch), channel.Commit(patch), channel.Commit(patch));
        var other = await channel.Commit(patch with { BodyHash = ContentHash.Of("two"u8) });

        Assert.All(answers, answer => Assert.Equal(1, Assert.IsType<PatchOutcome.Applied>(answer).Version.Number));
        Assert.Equal(ProblemKind.IdempotencyMismatch, Assert.IsType<PatchOutcome.Refused>(other).Problem.Kind);
        Assert.Equal(1, (await Read(channel)).Version.Number);
    }

    [Fact]
    public async Task What_was_acknowledged_survives_the_death_of_its_silo_in_order_and_once()
    {
        await using var cluster = await RosudCluster.Start(3);
        var channel = await cluster.Channel("mortal");
        for (var i = 1; i <= 50; i++) await channel.Commit(Patch("a", "n", i) with { OperationId = $"op-{i}" });

        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(channel));
        var repeated = await channel.Commit(Patch("a", "n", 50) with { OperationId = "op-50" });
        await channel.Commit(Patch("a", "n", 51));

        Assert.Equal(50, Assert.IsType<PatchOutcome.Applied>(repeated).Version.Number);
        var page = Assert.IsType<ChangesOutcome.Found>(await channel.Changes(ContextVersion.None, 500)).Page;
        Assert.Equal(Enumerable.Range(1, 51), page.Changes.Select(change => (int)change.Version.Number));
        Assert.Equal(Enumerable.Range(1, 51), page.Changes.Select(change => change.Writes.Single().Value!.As<int>()));
    }

    [Fact]
    public async Task The_past_is_read_as_it_was_also_by_a_new_activation()
    {
        await using var cluster = await RosudCluster.Start(2);
        var channel = await cluster.Channel("past");
        await channel.Commit(Patch("a", "x", 1));
        await channel.Commit(Patch("a", "y", 1));
        await channel.Commit(new() { Writes = [new(new("x"), null)], Origin = new("a") });
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(channel));

        Assert.Equal(["x"], await KeysAt(channel, 1));
        Assert.Equal(["x", "y"], await KeysAt(channel, 2));
        Assert.Equal(["y"], await KeysAt(channel, 3));
        Assert.Equal(ProblemKind.VersionAhead, Assert.IsType<ReadOutcome.Refused>(await channel.Read(new() { Version = new(4) })).Problem.Kind);
    }

    [Fact]
    public async Task A_key_deleted_before_a_crash_is_still_stale_for_who_had_read_it()
    {
        await using var cluster = await RosudCluster.Start(2);
        var channel = await cluster.Channel("phantom");
        await channel.Commit(Patch("a", "x", 1));
        await channel.Commit(new() { Writes = [new(new("x"), null)], Origin = new("b") });
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(channel));

        var outcome = await channel.Commit(Patch("a", "y", 1, basedOn: 1) with { Reads = [new("x")] });

        Assert.Equal("x", Assert.IsType<PatchOutcome.Stale>(outcome).Keys.Single().Key.Value);
    }

    [Fact]
    public async Task C10_What_waits_for_a_decision_survives_the_death_of_its_silo_and_is_decided_once()
    {
        await using var cluster = await RosudCluster.Start(2);
        var channel = await cluster.Channel("parked", new() { ConflictResolution = ConflictResolution.Manual });
        await channel.Commit(Patch("a", "plan", 1));
        var parked = Assert.IsType<PatchOutcome.Applied>(await channel.Commit(Patch("b", "plan", 2, basedOn: 0) with { OperationId = "op-b", BodyHash = ContentHash.Of("b"u8) }));
        Assert.Equal((PatchEffect.Parked, 1L), (parked.Effect, parked.Conflicts.Single()));
        await cluster.Silos.KillSiloAsync(await cluster.SiloOf(channel));

        var again = Assert.IsType<PatchOutcome.Applied>(await channel.Commit(Patch("b", "plan", 2, basedOn: 0) with { OperationId = "op-b", BodyHash = ContentHash.Of("b"u8) }));
        Assert.Equal(1, again.Conflicts.Single());
        var decision = new Resolution { Conflict = 1, Choice = ConflictChoice.Parked, Origin = new("boss"), OperationId = "op-c", BodyHash = ContentHash.Of("c"u8) };
        var decisions = await Task.WhenAll(channel.Resolve(decision), channel.Resolve(decision));
        var late = await channel.Resolve(decision with { OperationId = null });

        Assert.Equal([2L, 2L], decisions.Select(outcome => Assert.IsType<PatchOutcome.Applied>(outcome).Version.Number));
        Assert.Equal(ProblemKind.NotFound, Assert.IsType<PatchOutcome.Refused>(late).Problem.Kind);
        Assert.Empty(Assert.IsType<ConflictsOutcome.Found>(await channel.Conflicts(0, 10)).Conflicts);
        var blame = Assert.IsType<BlameOutcome.Found>(await channel.Blame(new() { Key = new("plan") }));
        Assert.Equal([("boss", 1L), ("a", 0L)], blame.Writes.Select(write => (write.Origin.Writer, write.Resolves ?? 0)));
        Assert.Equal("plan", Assert.Single(Assert.IsType<DiffOutcome.Found>(await channel.Diff(new() { From = ContextVersion.None })).Keys).Key.Value);
    }

    [Fact]
    public async Task C18_A_deleted_channel_is_gone_and_its_name_rests()
    {
        await using var cluster = await RosudCluster.Start(1);
        var channel = await cluster.Channel("gone");
        await channel.Commit(Patch("a", "x", 1));

        Assert.IsType<ChannelOutcome.Deleted>(await channel.Delete());

        Assert.IsType<ChannelOutcome.Refused>(await channel.Describe());
        Assert.IsType<PatchOutcome.Refused>(await channel.Commit(Patch("a", "x", 2)));
        Assert.Equal(ProblemKind.AlreadyExists, Assert.IsType<ChannelOutcome.Refused>(await channel.Create(new())).Problem.Kind);
    }

    [Fact]
    public async Task A_deleted_channel_is_emptied_whatever_its_size()
    {
        await using var cluster = await RosudCluster.Start(1);
        var channel = await cluster.Channel("large");
        for (var i = 0; i < 24; i++) await channel.Commit(Patch("a", $"k{i}", new string('x', 250_000)));

        Assert.IsType<ChannelOutcome.Deleted>(await channel.Delete());

        await RosudCluster.Emptied(channel);
    }

    [Fact]
    public async Task A_patch_that_no_record_can_hold_is_too_large_and_changes_nothing()
    {
        await using var cluster = await RosudCluster.Start(1);
        var channel = await cluster.Channel("large");
        for (var i = 0; i < 24; i++) await channel.Commit(Patch("a", $"k{i}", new string('x', 250_000)));

        var outcome = await channel.Commit(new() { Writes = [.. Enumerable.Range(0, 24).Select(i => new ContextWrite(new($"k{i}"), null))], Origin = new("a") });

        Assert.Equal(ProblemKind.PayloadTooLarge, Assert.IsType<PatchOutcome.Refused>(outcome).Problem.Kind);
        Assert.Equal(24, (await Read(channel)).Version.Number);
    }

    [Fact]
    public async Task A_channel_that_nobody_made_is_not_there_and_leaves_nothing_behind()
    {
        await using var cluster = await RosudCluster.Start(1);
        var before = cluster.Storage.Writes;

        var outcome = await cluster.Grains.GetGrain<IChannelGrain>("default/nobody").Describe();

        Assert.Equal(ProblemKind.NotFound, Assert.IsType<ChannelOutcome.Refused>(outcome).Problem.Kind);
        Assert.Equal(before, cluster.Storage.Writes);
    }

    private static async Task Increment(IChannelGrain channel)
    {
        while (true)
        {
            var view = await Read(channel);
            var next = view.Entries.Single().Value.As<int>() + 1;
            var patch = Patch("counter", "n", next, view.Version.Number) with { Reads = [new("n")] };
            if (await channel.Commit(patch) is PatchOutcome.Applied) return;
        }
    }

    private static async Task<string[]> KeysAt(IChannelGrain channel, long version)
    {
        var found = Assert.IsType<ReadOutcome.Found>(await channel.Read(new() { Version = new(version) }));
        Assert.Equal(version, found.View.Version.Number);
        return [.. found.View.Entries.Select(entry => entry.Key.Value)];
    }

    private static async Task<ContextView> Read(IChannelGrain channel, ReadConsistency consistency = ReadConsistency.Confirmed) =>
        Assert.IsType<ReadOutcome.Found>(await channel.Read(new() { Consistency = consistency })).View;

    private static ContextPatch Patch<T>(string writer, string key, T value, long? basedOn = null) => new()
    {
        Writes = [new(new(key), JsonValue.From(value))],
        BasedOn = basedOn is { } version ? new ContextVersion(version) : null,
        Origin = new(writer),
    };
}
