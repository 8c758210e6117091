using Rosud.Context;
using static Rosud.Context.ContextFixture;

namespace Rosud.Channels;

/// <summary>The slow, obvious channel: SEMANTICS C1 and C10 as they read, over a list of all commits.</summary>
internal sealed class ChannelModel
{
    private long _parked;

    public ContextModel Context { get; } = new();

    /// <summary>What waits for a decision, in order.</summary>
    public List<(long Number, ContextWrite Write)> Waiting { get; } = [];

    public string Patch(ContextWrite[] writes, string writer, ContextVersion? basedOn, bool reads)
    {
        var me = new Origin(writer);
        bool IsChanged(ContextKey key) => basedOn is { } seen ? Context.IsChanged(key, seen, me) : Value(key) is not null;
        if (reads && basedOn is { } version && Context.IsChanged(writes[0].Key, version, me)) return "Stale";
        if (basedOn is null && writes.Any(write => write.Key.Value == "strict")) return "PreconditionRequired";
        if (writes.Any(write => write.Key.Value == "strict" && IsChanged(write.Key))) return "Conflict";
        var (made, overwritten, dropped, merged, parked) = (new List<ContextWrite>(), new List<ContextKey>(), new List<ContextKey>(), new List<ContextKey>(), new List<ContextWrite>());
        foreach (var write in writes)
        {
            var there = Value(write.Key);
            var applies = there is not null || write.Value is not null;   // Deleting what is absent changes nothing.
            if (write.Key.Value == "sum" && write.Value is not null)
            {
                made.Add(new(write.Key, Json($"{int.Parse(write.Value.ToString(), null) + int.Parse(there?.ToString() ?? "0", null)}")));
                merged.Add(write.Key);
            }
            else if (!IsChanged(write.Key))
            {
                if (applies) made.Add(write);
            }
            else if (Wins(write.Key, writer) is { } wins)
            {
                if (!wins) dropped.Add(write.Key);
                if (wins && applies) made.Add(write);
                if (wins && applies && !(basedOn is null && write.Key.Value == "last" && Equals(there, write.Value))) overwritten.Add(write.Key);
            }
            else
            {
                parked.Add(write);
            }
        }

        if (made.Count > 0) Commit(made, me);
        var effect = made.Count > 0 ? PatchEffect.Committed : dropped.Count > 0 ? PatchEffect.Dropped : parked.Count > 0 ? PatchEffect.Parked : PatchEffect.Unchanged;
        var numbers = parked.Select(write => Park(write)).ToList();
        return $"{effect} {Context.Head}: {string.Join(",", overwritten)}; {string.Join(",", dropped)}; {string.Join(",", merged)}; {string.Join(",", parked.Select(write => write.Key))}; {string.Join(",", numbers)}";
    }

    public string Resolve(long number, ConflictChoice choice, ContextVersion? basedOn)
    {
        if (Waiting.FindIndex(one => one.Number == number) is var index && index < 0) return "NotFound";
        var key = Waiting[index].Write.Key;
        if (basedOn is { } seen && Context.IsChanged(key, seen, new("judge"))) return "Conflict";
        var there = Value(key);
        var value = choice switch { ConflictChoice.Parked => Waiting[index].Write.Value, ConflictChoice.Current => there, _ => Json("7") };
        Waiting.RemoveAt(index);
        if (value is null && there is null) return $"Unchanged {Context.Head}: ; ; ; ; ";
        Commit([new(key, value)], new("judge"));
        return $"Committed {Context.Head}: {(there is null || Equals(there, value) ? "" : key)}; ; ; ; ";
    }

    private JsonValue? Value(ContextKey key) => Context.ValueAt(key, Context.Head);

    // Null: nobody wins, somebody must decide.
    private bool? Wins(ContextKey key, string writer) => key.Value switch
    {
        "owned" => writer == "boss",
        "ranked" => Rank(writer) <= Rank(LastChanger(key)),
        "first" => false,
        "last" or "sum" => true,
        _ => null,
    };

    private static int Rank(string writer) => Array.IndexOf(["boss", "mate"], writer) is >= 0 and var rank ? rank : 9;

    private string LastChanger(ContextKey key) => Context.Commits.Last(commit => commit.Writes.Any(write => write.Key == key)).Origin.Writer;

    private long Park(ContextWrite write)
    {
        Waiting.Add((++_parked, write));
        return _parked;
    }

    private void Commit(List<ContextWrite> writes, Origin origin) => Context.Add(new(Context.Head.Next(), Noon, origin, [.. writes]));
}
