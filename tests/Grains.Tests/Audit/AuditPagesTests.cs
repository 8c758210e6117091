using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Audit;

public sealed class AuditPagesTests
{
    private readonly MemoryRecordStore _store = new();

    [Fact]
    public void A_commit_and_its_entry_land_in_one_write() => OneThread.Run(async () =>
    {
        var channel = await AuditedChannel.Make(_store);
        await channel.Set("a", "0");
        var writes = _store.Written.Count;

        await channel.Set("a", "{\"secret\":\"x\"}", "op-1");

        Assert.Equal(1, _store.Written.Count - writes);
        var (_, lines) = await channel.All();
        Assert.Equal(["made", "commit", "commit"], lines.Select(Kind));
        using var entry = JsonDocument.Parse(lines[2]);
        Assert.Equal(("op-1", "operator", "writer", "patch", 2), (Text(entry, "operation"), Text(entry, "caller"), Text(entry, "writer"), Text(entry, "why"), entry.RootElement.GetProperty("version").GetInt64()));
        Assert.DoesNotContain("secret", lines[2], StringComparison.Ordinal);
        Assert.Equal(ValueSeal.Of(channel.State.Log.Find(new("a"))!.Salt, JsonValue.Parse("{\"secret\":\"x\"}")).ToString(), entry.RootElement.GetProperty("keys").GetProperty("a").GetString());
        Assert.Equal(lines[2], Encoding.UTF8.GetString(JsonValue.Parse(lines[2]).Utf8.Span));   // Canonical, as C7 has it.
    });

    [Fact]
    public void A_repeat_and_a_refusal_are_not_chained() => OneThread.Run(async () =>
    {
        var channel = await AuditedChannel.Make(_store, new() { ConflictResolution = ConflictResolution.Reject });
        await channel.Do(draft => PatchDecision.Decide(draft, ContextFixture.Patch(0, ContextFixture.Set("a", "1")) with { OperationId = "once" }));
        var head = channel.State.Audit;

        await channel.Do(draft => PatchDecision.Decide(draft, ContextFixture.Patch(0, ContextFixture.Set("a", "1")) with { OperationId = "once" }));
        await channel.Do(draft => PatchDecision.Decide(draft, ContextFixture.Patch(0, ContextFixture.Set("a", "2"))));

        Assert.Equal(head, channel.State.Audit);
    });

    [Fact]
    public void Without_audit_nothing_is_chained_and_switching_is_an_entry_itself() => OneThread.Run(async () =>
    {
        var channel = await AuditedChannel.Make(_store, new() { Audit = false });
        await channel.Set("a", "1");
        Assert.Equal(default, channel.State.Audit);
        Assert.Equal(default, channel.State.Log.Find(new("a"))!.Salt);
        Assert.DoesNotContain(AuditRecord.Key, channel.State.Keys);
        Assert.All(_store.Names, name => Assert.False(_store.Contains(name, "\"kind\""u8)));

        await channel.Configure(new());
        await channel.Set("a", "2");
        await channel.Configure(new() { Audit = false });
        await channel.Set("a", "3");

        Assert.Equal(["switched_on", "commit", "switched_off"], (await channel.All()).Lines.Select(Kind));
    });

    [Fact]   // Crashes, folds, bases and dropped history: what is left is one chain, from its first kept entry to its head.
    public void A_chain_goes_on_over_crashes_and_is_whole_from_what_is_kept() => OneThread.Run(async () =>
    {
        var channel = await AuditedChannel.Make(_store);
        for (var i = 1; i <= 150; i++)
        {
            await channel.Set($"k{i % 7}", i.ToString(CultureInfo.InvariantCulture));
            if (i % 11 != 0) continue;
            var was = channel.State.Audit;
            channel = await AuditedChannel.Open(_store);
            Assert.Equal(was, channel.State.Audit);
            await channel.All();
        }

        var (before, lines) = await channel.All(limit: 4);
        Assert.InRange(before.Number, 1, 150);   // Some history is gone, and the hash before the rest is known.
        Assert.Equal(151 - before.Number, lines.Count);
        Assert.Equal(before.Number + 1, JsonDocument.Parse(lines[0]).RootElement.GetProperty("n").GetInt64());
        for (var after = before.Number; after <= 151; after++)
        {
            var page = await channel.Page(new AuditQuery { After = after, Limit = 2 });
            Assert.Equal((after, Math.Min(2, 151 - after)), (page.Before.Number, page.Entries.Length));
        }

        Assert.Equal(151, (await channel.Page(new AuditQuery { After = 1_000 })).Before.Number);
    });

    [Fact]
    public void A_write_that_was_lost_leaves_no_entry() => OneThread.Run(async () =>
    {
        var channel = await AuditedChannel.Make(_store);
        await channel.Set("a", "1");
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.BeforeWrite = name => name.StartsWith("log-", StringComparison.Ordinal) ? waits.Task : Task.CompletedTask;   // The silo dies before its storage hears of it.
        channel.Set("a", "2").Ignore();
        await Task.Yield();
        _store.BeforeWrite = _ => Task.CompletedTask;

        channel = await AuditedChannel.Open(_store);
        await channel.Set("a", "3");

        Assert.Equal(3, (await channel.All()).Lines.Count);
    });

    [Fact]
    public void C16_A_value_can_be_erased_and_the_chain_still_holds() => OneThread.Run(async () =>
    {
        var channel = await AuditedChannel.Make(_store);
        await channel.Set("a", "\"personal\"");
        await channel.Set("b", "1");
        await channel.Delete("a");

        var page = await channel.Page(batch => Changed(batch, "c/a", _ => null));

        Assert.Null(page.Fault);
        Assert.Equal((channel.State.Audit.Hash, 1, 1), (page.Entries[^1].Hash, page.ValuesGone, page.ValuesChecked));
    });

    [Fact]
    public void A_value_that_was_changed_is_found() => OneThread.Run(async () =>
    {
        var channel = await AuditedChannel.Make(_store);
        await channel.Set("a", "1");
        await channel.Set("a", "2");
        var forged = channel.State.Log.Find(new("a"))!;
        var page = await channel.Page(batch => Changed(batch, "c/a", bytes => channel.State.Codec.Write(channel.State.Codec.Read<ContextEntry>(bytes) with { Value = JsonValue.Parse("3"), Salt = forged.Salt })));
        Assert.Equal(2, page.Fault!.Number);
        Assert.Contains("a", page.Fault.Reason, StringComparison.Ordinal);
    });

    [Fact]   // Any change of any byte of what is stored of the chain, any record taken away, doubled or moved.
    public void A_chain_that_was_changed_where_it_is_stored_is_found() => OneThread.Run(async () =>
    {
        var channel = await AuditedChannel.Make(_store);
        for (var i = 0; i < 8; i++) await channel.Set("a", i.ToString(CultureInfo.InvariantCulture));
        var first = (await channel.All()).Before.Number;
        var random = new Random(16);
        for (var i = 0; i < 300; i++)
        {
            var (victim, at, bit) = (random.Next((int)first + 1, 10), random.Next(), (byte)(1 << random.Next(8)));
            var page = await channel.Page(batch => Is(batch, victim) ? Flipped(batch, at, bit) : batch);
            Assert.True(page.Fault is not null, $"entry {victim}, byte {at}, bit {bit}");
            Assert.True((await channel.Page(batch => Is(batch, victim) ? [] : batch)).Fault is not null || victim == first + 1);
        }

        Assert.Null((await channel.Page(batch => batch)).Fault);
    });

    private static bool Is(ImmutableArray<JournalEntry> batch, long number) => AuditRecord.Find(batch) is { } record && record.After.Number == number;

    private static ImmutableArray<JournalEntry> Flipped(ImmutableArray<JournalEntry> batch, int at, byte bit)
    {
        var entry = batch[^1];
        var note = entry.Note.ToArray();
        note[at % note.Length] ^= bit;
        return batch.SetItem(batch.Length - 1, entry with { Note = note });
    }

    private static ImmutableArray<JournalEntry> Changed(ImmutableArray<JournalEntry> batch, string key, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> after) =>
        [.. batch.Select(entry => entry with { Changes = [.. entry.Changes.Select(change => change.Key == key && change.After is { } bytes ? change with { After = after(bytes) } : change)] })];

    private static string Kind(string line) => Text(JsonDocument.Parse(line), "kind")!;

    private static string? Text(JsonDocument line, string member) => line.RootElement.TryGetProperty(member, out var value) ? value.GetString() : null;
}
