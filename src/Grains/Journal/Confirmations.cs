namespace Rosud.Journal;

/// <summary>Those who wait to know that this activation still owns the journal. One read of head serves all who came before it began.</summary>
internal sealed class Confirmations(Func<Task> readHead)
{
    private TaskCompletionSource? _waiting;
    private long _since;
    private bool _reads;

    /// <param name="begun">How many appends had begun when this was asked.</param>
    public Task Wait(long begun)
    {
        _waiting ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        _since = begun;
        var answer = _waiting.Task;
        if (!_reads) _ = Read();
        return answer;
    }

    /// <summary>An append landed, the <paramref name="begun"/>-th that began: whoever came before it began needs no read.</summary>
    public void Landed(long begun)
    {
        if (begun <= _since || _waiting is not { } served) return;
        _waiting = null;
        served.SetResult();
    }

    private async Task Read()
    {
        _reads = true;
        while (_waiting is { } served)
        {
            _waiting = null;
            try
            {
                await readHead();
                served.SetResult();
            }
#pragma warning disable CA1031 // It is for those who wait to handle it.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                served.SetException(fault);
            }
        }

        _reads = false;
    }
}
