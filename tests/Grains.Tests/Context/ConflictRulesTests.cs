using System.Collections.Immutable;
using CsCheck;
using Rosud.Channels;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>The rules against the table of SEMANTICS C1, read line by line over <see cref="ContextModel"/>.</summary>
public sealed class ConflictRulesTests
{
    private static readonly ConflictResolution[] Modes = Enum.GetValues<ConflictResolution>();
    private static readonly string[] Ranks = ["caller", "writer"];
    private static readonly Origin[] Origins = [new("caller"), new("other"), new("planner", "c.1", "plan", 1), new("planner", "c.1", "plan", 2), new("writer", "c.1", "write", 1)];

    private static readonly Gen<ContextWrite> Write =
        Gen.Select(Gen.OneOf("a", "b", "c", "d"), Gen.Int[0, 3], (key, value) => new ContextWrite(new(key), value == 3 ? null : Json($"{value}")));

    private static readonly Gen<(ContextWrite[] Writes, int Origin)> Patch = Gen.Select(Write.Array[1, 4].Select(writes => writes.DistinctBy(write => write.Key).ToArray()), Gen.Int[0, 4]);

    [Fact]
    public void Every_patch_ends_as_the_table_says() =>
        Gen.Select(Patch.Array[0, 12], Patch, Gen.Int[-1, 12], Gen.Int[0, 6].Array[4], Gen.OneOf("", "a", "*", "c*")).Sample((history, last, basedOn, modes, read) =>
        {
            var (log, model) = Play(history);
            var patch = new ContextPatch
            {
                Writes = [.. last.Writes],
                Origin = Origins[last.Origin],
                BasedOn = basedOn < 0 ? null : new(Math.Min(basedOn, log.Head.Number)),
                Reads = basedOn < 0 || read == "" ? [] : [new(read)],
            };
            ConflictResolution ModeOf(ContextKey key) => Modes[modes[key.Value[0] - 'a']];
            var policy = new ContextSync
            {
                Keys = [.. "abcd".Select(key => new KeyPolicy { Pattern = new($"{key}"), ConflictResolution = ModeOf(new($"{key}")), Merge = MergeKind.Sum, Owner = "caller", Priority = [.. Ranks] })],
            };

            var verdict = log.Judge(policy, patch);

            Assert.Equal(Expected(model, patch, ModeOf), Told(verdict));
        }, iter: Cases.Of(30_000));

    private static string Expected(ContextModel model, ContextPatch patch, Func<ContextKey, ConflictResolution> modeOf)
    {
        var basedOn = patch.BasedOn;
        if (basedOn is { } seen && model.EveryKey.Any(key => patch.Reads.Any(read => read.Matches(key)) && model.IsChanged(key, seen, patch.Origin))) return "stale";
        if (basedOn is null && patch.Writes.Any(write => modeOf(write.Key) == ConflictResolution.Reject)) return "PreconditionRequired";
        var lines = patch.Writes.Select(write => Line(model, write, patch, modeOf(write.Key))).ToArray();
        return lines.Any(line => line.StartsWith("conflict", StringComparison.Ordinal)) ? "conflict" : string.Join("; ", lines.Where(line => line != "").Order(StringComparer.Ordinal));
    }

    private static string Line(ContextModel model, ContextWrite write, ContextPatch patch, ConflictResolution mode)
    {
        var there = model.EntryAt(write.Key, model.Head);
        var isBlind = patch.BasedOn is null;
        var isChanged = isBlind ? there is not null && !there.Origin.IsSameStep(patch.Origin) : model.IsChanged(write.Key, patch.BasedOn!.Value, patch.Origin);
        var applied = write.Value is null && there is null ? "" : $"{write.Key}={write.Value?.ToString() ?? "-"}";
        if (mode == ConflictResolution.Merge && write.Value is not null)
        {
            var sum = int.Parse(write.Value.ToString(), null) + (there is null ? 0 : int.Parse(there.Value.ToString(), null));
            return $"{write.Key}={sum} merged";
        }

        if (!isChanged) return applied;
        var overwritten = applied == "" ? "" : applied + " overwritten";
        var lastWriter = model.Commits.Last(commit => commit.Writes.Any(w => w.Key == write.Key)
            && !Equals(model.ValueAt(write.Key, commit.Version), model.ValueAt(write.Key, new(commit.Version.Number - 1)))).Origin.Writer;
        var rankThere = Array.IndexOf(Ranks, there?.Origin.Writer ?? lastWriter) is var r && r < 0 ? 9 : r;
        var rank = Array.IndexOf(Ranks, patch.Origin.Writer) is var w && w < 0 ? 9 : w;
        return mode switch
        {
            ConflictResolution.LatestWins => isBlind && there!.Value.Equals(write.Value) ? applied : overwritten,
            ConflictResolution.Merge => overwritten,
            ConflictResolution.FirstWins => $"{write.Key} dropped",
            ConflictResolution.Reject => "conflict",
            ConflictResolution.OwnerWins => patch.Origin.Writer == "caller" ? overwritten : $"{write.Key} dropped",
            ConflictResolution.Priority => rank <= rankThere ? overwritten : $"{write.Key} dropped",
            _ => $"{write.Key} parked",
        };
    }

    private static string Told(PatchVerdict verdict) => verdict switch
    {
        PatchVerdict.Stale => "stale",
        PatchVerdict.Conflict => "conflict",
        PatchVerdict.Refused refused => $"{refused.Problem.Kind}",
        PatchVerdict.Apply apply => Lines(apply.Writes, apply.Overwritten, apply.Merged, apply.Dropped, apply.Parked),
        PatchVerdict.Nothing nothing => Lines([], [], [], nothing.Dropped, nothing.Parked),
        _ => "?",
    };

    private static string Lines(
        ImmutableArray<ContextWrite> writes, ImmutableArray<ContextKey> overwritten, ImmutableArray<ContextKey> merged, ImmutableArray<ContextKey> dropped, ImmutableArray<ContextKey> parked)
    {
        Assert.All([.. overwritten, .. merged], key => Assert.Contains(writes, write => write.Key == key));
        return string.Join("; ", writes
            .Select(write => $"{write.Key}={write.Value?.ToString() ?? "-"}{(overwritten.Contains(write.Key) ? " overwritten" : "")}{(merged.Contains(write.Key) ? " merged" : "")}")
            .Concat(dropped.Select(key => $"{key} dropped")).Concat(parked.Select(key => $"{key} parked")).Order(StringComparer.Ordinal));
    }

    private static (ContextLog Log, ContextModel Model) Play((ContextWrite[] Writes, int Origin)[] history)
    {
        var (log, model) = (ContextLog.Empty, new ContextModel());
        foreach (var (writes, origin) in history)
        {
            (log, var change) = log.Commit([.. writes], Origins[origin], At(log.Head.Number + 1));
            model.Add(change);
        }

        return (log, model);
    }
}
