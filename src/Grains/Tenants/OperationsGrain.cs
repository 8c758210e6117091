using System.Text;
using Orleans.Placement;
using Rosud.Channels;
using Rosud.Journal;

namespace Rosud.Tenants;

/// <summary>Keeps the names of operations as the operations of a journal that has nothing else: they leave it by age and number of their own accord.</summary>
[GrainType("rosud.operations"), HashBasedPlacement]
internal sealed class OperationsGrain(IJournals journals, TimeProvider clock) : Grain, IOperationsGrain
{
    private static readonly NameSet Nothing = new([]);

    private IJournal _journal = null!;
    private bool _open;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _journal = journals.Open(this.GetGrainId());
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _open ? _journal.Deactivate(cancellationToken) : Task.CompletedTask;

    public async Task<string?> Claim(OperationKey operation, string name)
    {
        await Open();
        if (Find(operation) is not { } known)
        {
            await Write(operation, name);
            return name;
        }

        if (known.Body == operation.Body) return Encoding.UTF8.GetString(known.Answer.Span);
        await Confirm();   // A refusal from an activation that is no longer the one would rest on the past.
        return null;
    }

    public async Task Release(OperationKey operation)
    {
        await Open();
        if (Find(operation) is { } known && known.Body == operation.Body) await Write(operation, "");
    }

    // One without a name was freed.
    private JournalOperation? Find(OperationKey operation) => _journal.FindOperation(Operations.IdOf(operation)) is { Answer.Length: > 0 } known ? known : null;

    private Task Write(OperationKey operation, string name) => Try(() => _journal.Append(
        [new(0, default, [], new(Operations.IdOf(operation), operation.Body, clock.GetUtcNow(), Encoding.UTF8.GetBytes(name)))], Nothing));

    private Task Confirm() => Try(_journal.Confirm);

    private async Task Open()
    {
        if (_open) return;
        await Try(() => _journal.Activate(CancellationToken.None));
        _open = true;
    }

    private async Task Try(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            DeactivateOnIdle();   // Whatever it was, what landed is unknown here: the next activation asks storage.
            throw new UnknownOutcomeException($"What the key stands for could not be looked up or kept: {fault.Message} Repeat it.");
        }
    }
}
