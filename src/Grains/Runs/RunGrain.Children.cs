using Rosud.Channels;

namespace Rosud.Runs;

// Runs that steps of this one start, and the run that has started this one.
internal sealed partial class RunGrain
{
    private const string EndedWithParent = "The run that started it has ended.";

    public async Task<ParentAnswer> Standing()
    {
        await EnsureDriven();
        if (_drive?.Standing(Now) is not { } standing) return new ParentAnswer.Refused(_drive is null && _archived is null ? ChildRules.Unknown : ChildRules.Ended);
        if (standing.Root == Id) return new ParentAnswer.Stands(standing);
        return await runs[standing.Root.Key].Standing() switch   // The steps of the whole tree are counted at its first run.
        {
            ParentAnswer.Stands root => new ParentAnswer.Stands(standing with { TreeSteps = root.Standing.TreeSteps }),
            var refused => refused,
        };
    }

    public async Task<ParentAnswer> Spawn(ChildRun child)
    {
        await EnsureDriven();
        if (_drive?.Standing(Now) is not { } standing) return new ParentAnswer.Refused(ChildRules.Ended);
        if (!_drive.TryPromise(child)) return new ParentAnswer.Refused(ContractBreach.Budget);
        if (standing.Root != Id)
        {
            var above = await runs[standing.Root.Key].Spawn(child with { IsDirect = false });
            if (above is ParentAnswer.Refused)
            {
                _drive.Spawned(child, isKept: false, Now);
                return above;
            }

            child = child with { Run = (above as ParentAnswer.Stands)?.Child ?? child.Run };
        }

        var answer = await Log.PutChild(Id, child);
        var stands = answer is StepAnswer.Done done ? done.Child ?? child : null;
        Do(drive => drive.Spawned(stands ?? child, stands is not null, Now));
        if (answer is StepAnswer.Ended over) Do(drive => drive.ChannelEnded(over.End, Now));   // Nobody may have told it yet.
        if (stands is not null) return new ParentAnswer.Stands(standing) { Child = stands.Run };
        return new ParentAnswer.Refused(answer is StepAnswer.Refused refused ? refused.Problem : ChildRules.Ended);
    }

    public async Task ChildEnded(RunId child, ChildUsage used)
    {
        await EnsureDriven();
        if (_drive is not { } drive || drive.Children.FirstOrDefault(known => known.Run == child) is not { } known) return;
        Do(current => current.ChildEnded(child.Name, used, Now));
        await Log.PutChild(Id, known with { Used = used });
        if (drive.IsFinished) Rearchive();
    }

    public async Task<ChildUsage> ParentEnded()
    {
        await EnsureDriven();
        await End(EndedWithParent);
        return _drive is { } drive ? UsedBy(drive) : new(_archived?.Result.WorkTokens ?? 0, _archived?.Result.CostUsd ?? 0, _archived?.Result.Attempts.Length ?? 0);
    }

    // A parent that has ended between the asking and the acceptance did not know this run.
    private async Task LookUp(RunId parent)
    {
        if (await runs[parent.Key].Standing() is ParentAnswer.Refused) await End(EndedWithParent);
    }

    // Those below are told at once, and this run is not forgotten before they know.
    private Task EndChildren(RunDrive drive) =>
        Task.WhenAll(drive.Children.Where(child => child.Used is null).Select(child => Repeat(async () => await ChildEnded(child.Run, await runs[child.Run.Key].ParentEnded()))).ToList());

    private void TellParent(RunDrive drive)
    {
        if (drive.Accepted.Parent is not { } parent) return;
        var used = UsedBy(drive);
        Repeat(() => runs[parent.Key].ChildEnded(Id, used)).Ignore();
        if (drive.Accepted.Root is { } root && root != parent) Repeat(() => runs[root.Key].ChildEnded(Id, used)).Ignore();
    }

    private static ChildUsage UsedBy(RunDrive drive) => new(drive.Budget.Tokens, drive.Budget.CostUsd, drive.Budget.AllCalls);
}
