using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Runs;

namespace Rosud.Channels;

/// <summary>
/// Keys that the last try of a step reads: for a short time other writers wait with them, so that an attempt which is faster than that
/// ends although they are rewritten all the time. Volatile, and never a reason to refuse anything. Runs on its grain's scheduler.
/// </summary>
internal sealed class WriteIntents(TimeProvider clock)
{
    /// <summary>How long others wait at most for one try.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private const int HeldMax = 1_000;
    private const int WaitingMax = 10_000;

    private readonly List<Intent> _held = [];
    private int _waiting;

    public bool IsEmpty => _held.Count == 0;

    /// <summary>Others wait with these keys from now on. What is more than can be held is not held.</summary>
    public void Hold(RunId run, string step, ImmutableArray<KeyPattern> keys)
    {
        Release(run, step);
        _held.RemoveAll(intent => intent.Until <= clock.GetUtcNow());
        if (_held.Count < HeldMax && !keys.IsEmpty) _held.Add(new(run, step, keys, clock.GetUtcNow() + Longest));
    }

    /// <summary>The step has ended its try: those who wait go on.</summary>
    public void Release(RunId run, string step) => Release(intent => intent.Run == run && intent.Step == step);

    /// <summary>The run has ended.</summary>
    public void Release(RunId run) => Release(intent => intent.Run == run);

    /// <summary>Completes when nobody else holds a key that is to be written, at the latest when that has run out.</summary>
    /// <param name="writer">The run that writes; it never waits for itself. Null for others.</param>
    public async Task Free(RunId? writer, ImmutableArray<ContextWrite> writes)
    {
        if (_waiting >= WaitingMax) return;
        _waiting++;
        try
        {
            while (_held.FirstOrDefault(intent => intent.Run != writer && intent.Until > clock.GetUtcNow() && intent.Holds(writes)) is { } other)
            {
                await other.Released.Task.WaitAsync(other.Until - clock.GetUtcNow(), clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
        finally
        {
            _waiting--;
        }
    }

    private void Release(Predicate<Intent> which)
    {
        foreach (var intent in _held.FindAll(which)) intent.Released.TrySetResult();
        _held.RemoveAll(which);
    }

    private sealed record Intent(RunId Run, string Step, ImmutableArray<KeyPattern> Keys, DateTimeOffset Until)
    {
        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Holds(ImmutableArray<ContextWrite> writes) => writes.Any(write => Keys.Any(key => key.Matches(write.Key)));
    }
}
