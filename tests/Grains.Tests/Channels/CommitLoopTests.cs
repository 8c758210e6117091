using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;
using Rosud.Context;
using Rosud.Journal;
using Rosud.Tenants;

namespace Rosud.Channels;

/// <summary>What waits, what is decided and what is on its way when a record is held up or fails.</summary>
public sealed class CommitLoopTests
{
    private const int Mebibyte = 1024 * 1024;
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    private readonly HeldJournal _journal;
    private readonly CommitLoop _loop;
    private readonly List<string> _told = [];
    private int _fenced;

    public CommitLoopTests()
    {
        (var journal, _journal) = HeldJournal.Make();
        var state = new ChannelCodec(Serializer, Options.Create(ContextLimits.Default)).Restore(new(1, 0, new Dictionary<string, ReadOnlyMemory<byte>>()));
        _loop = new(
            journal,
            state,
            new FakeTimeProvider(ContextFixture.Noon),
            batch => _told.Add($"landed {batch.After.Log.Head.Number}"),
            fault => _told.Add(fault.Message),
            _ => _fenced++);
    }

    [Fact]
    public void Whoever_is_on_the_way_decided_or_waiting_when_a_record_fails_is_told_that_the_outcome_is_unknown() => OneThread.Run(async () =>
    {
        await Made();
        var before = _loop.Durable;
        var onItsWay = Set("a");
        await _journal.Begun(1);
        var decided = Set("b", 3 * Mebibyte);
        var waiting = Set("c", 3 * Mebibyte);   // More than a batch holds beside the other.
        Assert.All([onItsWay, decided, waiting], answer => Assert.False(answer.IsCompleted));

        _journal.Fail(new JournalFencedException("A newer one has it."));

        foreach (var answer in new[] { onItsWay, decided, waiting, Set("d") }) await Assert.ThrowsAsync<UnknownOutcomeException>(() => answer);
        Assert.Equal(1, _fenced);
        Assert.Same(before, _loop.Durable);
        Assert.Equal(["landed 0"], _told);
    });

    [Fact]
    public void Commands_that_write_nothing_are_held_within_bounds_too() => OneThread.Run(async () =>
    {
        await Made();
        var first = Set("a");
        await _journal.Begun(1);
        var taken = new List<Task<int>>();
        while (taken.Count < 100 && _loop.Decide(_ => 0, Mebibyte) is { IsFaulted: false } one) taken.Add(one);

        Assert.Equal(20, taken.Count);   // 16 that wait, and four in the next record.
        await Assert.ThrowsAsync<OverloadedException>(() => _loop.Decide(_ => 0, Mebibyte));
        _journal.Land();
        await first;
        foreach (var one in taken) Assert.Equal(0, await one);
    });

    [Fact]
    public void The_next_record_is_on_its_way_before_those_of_the_last_hear_of_it() => OneThread.Run(async () =>
    {
        await Made();
        var first = Set("a");
        await _journal.Begun(1);
        var second = Set("b");
        _journal.Land();
        await _journal.Begun(2);

        await first;
        Assert.False(second.IsCompleted);
        Assert.Equal(["landed 0", "landed 1"], _told);
        _journal.Land();
        await second;
        Assert.Equal(2, _loop.Durable.Log.Head.Number);
    });

    // The channel itself lands at once; what comes after it is held.
    private async Task Made()
    {
        _journal.IsHeld = false;
        Assert.IsType<ChannelOutcome.Found>(await _loop.Decide(draft => ChannelRules.Create(draft, new(TenantId.Default, "loop"), new())));
        _journal.IsHeld = true;
    }

    private Task<PatchOutcome> Set(string key, int bytes = 512) =>
        _loop.Decide(draft => PatchDecision.Decide(draft, new() { Writes = [ContextFixture.Set(key, "1")], Origin = new("writer") }), bytes);

    /// <summary>A journal whose records land, or fail, when a test says so.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "A proxy is made of it.")]
    private class HeldJournal : DispatchProxy
    {
        private readonly Queue<TaskCompletionSource> _writing = [];
        private readonly Dictionary<int, TaskCompletionSource> _awaited = [];
        private int _begun;

        public bool IsHeld { get; set; }

        public static (IJournal Journal, HeldJournal Hands) Make()
        {
            var journal = Create<IJournal, HeldJournal>();
            return (journal, (HeldJournal)(object)journal);
        }

        /// <summary>The record with this number, of those that are held, is on its way.</summary>
        public Task Begun(int number) => _begun >= number ? Task.CompletedTask : (_awaited[number] = new()).Task;

        public void Land() => _writing.Dequeue().SetResult();

        public void Fail(Exception fault) => _writing.Dequeue().SetException(fault);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IJournal.Append) when IsHeld => Hold(),
            nameof(IJournal.Append) or nameof(IJournal.Confirm) => Task.CompletedTask,
            nameof(IJournal.FindOperation) => null,
            _ => throw new NotSupportedException(targetMethod.Name),
        };

        private Task Hold()
        {
            var writing = new TaskCompletionSource();
            _writing.Enqueue(writing);
            if (_awaited.Remove(++_begun, out var awaited)) awaited.SetResult();
            return writing.Task;
        }
    }
}
