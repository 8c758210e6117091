using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Rosud.Histories;

/// <summary>Stands for a whole context, whatever the order of its keys: the sum of the hashes of its entries. A write changes it in the time of that write.</summary>
internal readonly record struct StateHash(UInt128 Sum)
{
    public static StateHash Empty => default;

    /// <param name="key">The key.</param>
    /// <param name="value">Its value as canonical JSON.</param>
    /// <param name="version">The version that wrote it.</param>
    public StateHash With(string key, string value, long version) => new(unchecked(Sum + Of(key, value, version)));

    public StateHash Without(string key, string value, long version) => new(unchecked(Sum - Of(key, value, version)));

    public override string ToString() => Sum.ToString("x32", CultureInfo.InvariantCulture);

    // Keys have no NUL and canonical JSON has none either: the text is unambiguous.
    private static UInt128 Of(string key, string value, long version) =>
        XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{key}\0{version}\0{value}")));
}
