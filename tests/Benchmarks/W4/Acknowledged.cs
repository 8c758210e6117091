using System.Collections.Concurrent;
using System.Globalization;

namespace Rosud.W4;

/// <summary>Everything that was acknowledged of one channel, and whether it is still there in the end.</summary>
internal sealed class Acknowledged(string channel)
{
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(30);
    private readonly ConcurrentBag<(long After, long UpTo, string Key, string Value)> _told = [];

    public int Count => _told.Count;

    /// <summary>A commit of this version was acknowledged.</summary>
    public void Committed(long version, string key, string value) => _told.Add((version - 1, version, key, value));

    /// <summary>A run was shown as completed, with an output.</summary>
    public void Completed(long began, long ended, string key, string value) => _told.Add((began, ended, key, value));

    /// <summary>Reads the whole log of the channel.</summary>
    /// <returns>What is not where it was said to be, and values of <paramref name="once"/> that were written twice.</returns>
    public async Task<(int Lost, int Twice)> Check(TwoAddresses hosts, string once)
    {
        var log = new Dictionary<long, Dictionary<string, string>>();
        for (var after = 0L; ;)
        {
            var page = await hosts.Ask(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/v1/channels/{channel}/changes?after={after}&limit=500"), key: null, body: null, ReadWithin)
                ?? throw new InvalidOperationException($"The log of {channel} could not be read.");
            var changes = page.GetProperty("changes").EnumerateArray().ToList();
            if (changes.Count == 0) break;
            foreach (var change in changes)
            {
                after = change.GetProperty("version").GetInt64();
                log[after] = change.GetProperty("set").EnumerateObject().ToDictionary(set => set.Name, set => set.Value.GetRawText());
            }
        }

        var lost = _told.Count(told => !Between(told.After, told.UpTo).Any(version => log.TryGetValue(version, out var set) && set.GetValueOrDefault(told.Key) == told.Value));
        var twice = log.Values.Select(set => set.GetValueOrDefault(once)).OfType<string>().CountBy(value => value).Count(value => value.Value > 1);
        return (lost, twice);
    }

    private static IEnumerable<long> Between(long after, long upTo)
    {
        for (var version = after + 1; version <= upTo; version++) yield return version;
    }
}
