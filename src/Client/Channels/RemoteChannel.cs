using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Rosud.Audit;
using Rosud.Context;
using Rosud.Hosting;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Channels;

internal sealed class RemoteChannel(Reach reach, string id) : IChannel
{
    private const int RunsPageMax = 100;

    private readonly ChannelId _id = new(reach.Tenant, id);
    private readonly IChannelGrain _grain = reach.Cluster.GetGrain<IChannelGrain>(new ChannelId(reach.Tenant, id).Key);

    public string Id => _id.Name;

    public Task<ChannelView> Create(ChannelSpec spec, CancellationToken cancellationToken) => Found(() => _grain.Create(spec), cancellationToken);

    public Task<ChannelView> Describe(CancellationToken cancellationToken = default) => Found(_grain.Describe, cancellationToken);

    public Task<ChannelView> Configure(IEnumerable<string>? agents = null, ContextSync? sync = null, CancellationToken cancellationToken = default)
    {
        ImmutableArray<string>? names = agents is null ? null : [.. agents];
        var operation = new OperationKey(NewOperation(), default);
        return Found(() => _grain.Configure(names, sync, operation), cancellationToken);
    }

    public async Task Delete(CancellationToken cancellationToken = default)
    {
        var outcome = await reach.Calls.Repeat(_grain.Delete, Refusal, cancellationToken);
        if (Refusal(outcome) is { } problem) throw new RefusedException(problem);
    }

    public Task<ContextView> Read(IEnumerable<KeyPattern>? keys = null, CancellationToken cancellationToken = default) =>
        Read(new ContextQuery { Keys = [.. keys ?? []] }, cancellationToken);

    public async Task<ContextView> Read(ContextQuery query, CancellationToken cancellationToken = default) =>
        await reach.Calls.Repeat(() => _grain.Read(query), outcome => (outcome as ReadOutcome.Refused)?.Problem, cancellationToken) switch
        {
            ReadOutcome.Found found => found.View,
            ReadOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw Unforeseen(other),
        };

    public Task<PatchOutcome> Commit(
        IEnumerable<ContextWrite> writes, ContextVersion? basedOn = null, IEnumerable<KeyPattern>? reads = null, string? writer = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(writes);
        return Commit(new ContextPatch { Writes = [.. writes], BasedOn = basedOn, Reads = [.. reads ?? []], Origin = new(Reach.Name(writer ?? reach.Writer, nameof(writer))) }, cancellationToken);
    }

    public async Task<PatchOutcome> Commit(ContextPatch patch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(patch);
        var named = patch with { OperationId = patch.OperationId ?? NewOperation(), BodyHash = PatchHash.Of(patch) };
        var outcome = await reach.Calls.Repeat(() => _grain.Commit(named), outcome => (outcome as PatchOutcome.Refused)?.Problem, cancellationToken);
        return outcome is PatchOutcome.Refused refused ? throw new RefusedException(refused.Problem) : outcome;
    }

    public async Task<ChangePage> Changes(ContextVersion after, int limit = 500, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after.Number, nameof(after));
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 500);
        return await reach.Calls.Repeat(() => _grain.Changes(after, limit), outcome => (outcome as ChangesOutcome.Refused)?.Problem, cancellationToken) switch
        {
            ChangesOutcome.Found found => found.Page,
            ChangesOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw Unforeseen(other),
        };
    }

    public IAsyncEnumerable<KeyDifference> Diff(ContextVersion from, ContextVersion? until = null, IEnumerable<KeyPattern>? keys = null, CancellationToken cancellationToken = default) =>
        new RemoteHistory(reach, _grain).Diff(new() { From = from, To = until, Keys = [.. keys ?? []], Limit = 500 }, cancellationToken);

    public IAsyncEnumerable<KeyWrite> Blame(ContextKey key, ContextVersion? upTo = null, CancellationToken cancellationToken = default) =>
        new RemoteHistory(reach, _grain).Blame(new() { Key = key, UpTo = upTo, Limit = 500 }, cancellationToken);

    public IAsyncEnumerable<AuditLine> Audit(long after = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        return new RemoteAudit(reach, _grain, Id).Lines(after, cancellationToken);
    }

    public Task ExportAudit(Stream output, long after = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        return new RemoteAudit(reach, _grain, Id).Export(output, after, cancellationToken);
    }

    public Task<AuditVerification> VerifyAudit(AuditHead? earlier = null, CancellationToken cancellationToken = default) =>
        new RemoteAudit(reach, _grain, Id).Verify(earlier, cancellationToken);

    public IAsyncEnumerable<OpenConflict> Conflicts(CancellationToken cancellationToken = default) => new RemoteHistory(reach, _grain).Conflicts(cancellationToken);

    public async Task<PatchOutcome> Resolve(
        long conflict, ConflictChoice choice, JsonValue? value = null, ContextVersion? basedOn = null, string? writer = null, CancellationToken cancellationToken = default)
    {
        var resolution = new Resolution
        {
            Conflict = conflict,
            Choice = choice,
            Value = value,
            BasedOn = basedOn,
            Origin = new(Reach.Name(writer ?? reach.Writer, nameof(writer))),
            OperationId = NewOperation(),
        };
        var outcome = await reach.Calls.Repeat(() => _grain.Resolve(resolution), outcome => (outcome as PatchOutcome.Refused)?.Problem, cancellationToken);
        return outcome is PatchOutcome.Refused refused ? throw new RefusedException(refused.Problem) : outcome;
    }

    public IAsyncEnumerable<FeedItem> Watch(ContextVersion? after = null, CancellationToken cancellationToken = default)
    {
        if (after is { } version) ArgumentOutOfRangeException.ThrowIfNegative(version.Number, nameof(after));
        return new ChannelWatch(reach, _id, after).Follow(cancellationToken);
    }

    public Task<RunResult> Coordinate(
        CoordinationTask task, TimeSpan? timeout = null, OnStaleContext onStaleContext = OnStaleContext.RetryWithFresh, CancellationToken cancellationToken = default)
    {
        var request = new CoordinateRequest { Task = task, OnStaleContext = onStaleContext };
        return Coordinate(timeout is { } limit ? request with { Timeout = limit } : request, cancellationToken);
    }

    public Task<RunResult> Coordinate(CoordinateRequest request, CancellationToken cancellationToken = default) =>
        new RunStart(reach, _grain, request).Coordinate(cancellationToken);

    public Task<IRun> Submit(CoordinateRequest request, CancellationToken cancellationToken = default) =>
        new RunStart(reach, _grain, request).Submit(cancellationToken);

    public async IAsyncEnumerable<RunSummary> Runs(RunStatus? status = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? after = null;
        while (true)
        {
            var runs = await reach.Calls.Repeat(() => _grain.Runs(after, RunsPageMax, status), cancellationToken);
            foreach (var run in runs) yield return run;
            if (runs.Length < RunsPageMax) yield break;
            after = runs[^1].Run.Name;
        }
    }

    private async Task<ChannelView> Found(Func<Task<ChannelOutcome>> call, CancellationToken cancellationToken) =>
        await reach.Calls.Repeat(call, Refusal, cancellationToken) switch
        {
            ChannelOutcome.Found found => found.Channel,
            ChannelOutcome.Refused refused => throw new RefusedException(refused.Problem),
            var other => throw Unforeseen(other),
        };

    private static string NewOperation() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static Problem? Refusal(ChannelOutcome outcome) => (outcome as ChannelOutcome.Refused)?.Problem;

    private static InvalidOperationException Unforeseen(object answer) => new($"The channel answered with {answer.GetType().Name}, which this client does not know: update it.");
}
