using System.Runtime.CompilerServices;
using Orleans.Storage;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Journal;

namespace Rosud.Mutants;

/// <summary>Replaces one service of a host by a broken one.</summary>
internal static class MutantServices
{
    private static readonly TimeSpan WrittenLater = TimeSpan.FromMilliseconds(150);
    private const int DroppedEvery = 40;

    public static void Add(IServiceCollection services, string mutant)
    {
        switch (mutant)
        {
            case Mutant.NoValidation:
                services.AddSingleton<IIncomingGrainCallFilter>(new PatchFilter(patch => patch with { Reads = [] }));
                break;
            case Mutant.NoOperationId:
                services.AddSingleton<IIncomingGrainCallFilter>(new PatchFilter(patch => patch with { OperationId = null }));
                break;
            case Mutant.EarlyAnswer:
                services.AddSingleton<IJournals>(host => new BrokenJournals(host, journal => new EarlyJournal(journal, () => Task.Delay(WrittenLater, TimeProvider.System))));
                break;
            case Mutant.UnconfirmedReads:
                services.AddSingleton<IJournals>(host => new BrokenJournals(host, wrap: null, JournalRules.All & ~JournalRules.Confirm));
                break;
            case Mutant.NoCompare:
                services.AddSingleton<IJournals>(host => new BrokenJournals(host, wrap: null, compares: false));
                break;
            case Mutant.DroppedEvent:
                services.AddSingleton<IChannelFeeds>(host => new ForgetfulFeeds(host.GetRequiredService<ChannelFeeds>()));
                break;
            default:
                throw new ArgumentException($"There is no mutant '{mutant}'. There are {string.Join(", ", Mutant.All)}.", nameof(mutant));
        }
    }

    private sealed class PatchFilter(Func<ContextPatch, ContextPatch> change) : IIncomingGrainCallFilter
    {
        public Task Invoke(IIncomingGrainCallContext context)
        {
            for (var i = 0; i < context.Request.GetArgumentCount(); i++)
            {
                if (context.Request.GetArgument(i) is ContextPatch patch) context.Request.SetArgument(i, change(patch));
            }

            return context.Invoke();
        }
    }

    private sealed class BrokenJournals(IServiceProvider host, Func<IJournal, IJournal>? wrap, JournalRules rules = JournalRules.All, bool compares = true) : IJournals
    {
        private readonly Journals _whole = ActivatorUtilities.CreateInstance<Journals>(host);

        public IJournal Open(GrainId grain)
        {
            IRecordStore records = new GrainRecordStore(host.GetRequiredKeyedService<IGrainStorage>(IJournals.StorageName), grain);
            if (!compares) records = new OverwritingRecords(records);
            IJournal journal = new Rosud.Journal.Journal(records, host.GetRequiredService<JournalLimits>(), TimeProvider.System, rules);
            return wrap?.Invoke(journal) ?? journal;
        }

        public IDurableValue<T> OpenValue<T>(GrainId grain)
            where T : class => _whole.OpenValue<T>(grain);
    }

    private sealed class OverwritingRecords(IRecordStore inner) : IRecordStore
    {
        public Task<StoredRecord> Read(string name) => inner.Read(name);

        public async Task<string> Write(string name, ReadOnlyMemory<byte> content, string? etag) => await inner.Write(name, content, (await inner.Read(name)).ETag);
    }

    private sealed class ForgetfulFeeds(ChannelFeeds inner) : IChannelFeeds
    {
        public async IAsyncEnumerable<FeedItem> Follow(ChannelId channel, FeedPosition? after, [EnumeratorCancellation] CancellationToken cancellationToken, Action? joined = null)
        {
            await foreach (var item in inner.Follow(channel, after, cancellationToken, joined))
            {
                if (item is FeedItem.Commit { Change.Version.Number: var version } && version % DroppedEvery == 0) continue;
                yield return item;
            }
        }
    }
}
