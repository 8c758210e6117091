using System.IO.Hashing;
using System.Text;

namespace Rosud.Journal;

/// <summary>The live keys of one page, as they were at some base.</summary>
internal static class JournalPage
{
    /// <summary>The part of a key's hash that says which page it is in. It is stored by what the pages hold: never change it.</summary>
    public static int HashOf(string key)
    {
        Span<byte> utf8 = stackalloc byte[512];
        if (Encoding.UTF8.TryGetBytes(key, utf8, out var length)) utf8 = utf8[..length];
        else utf8 = Encoding.UTF8.GetBytes(key);
        return (int)(XxHash3.HashToUInt64(utf8) & int.MaxValue);
    }

    public static byte[] Write(long position, long epoch, IReadOnlyCollection<string> keys, IJournaled value)
    {
        var output = new RecordWriter();
        output.Number(keys.Count);
        foreach (var key in keys)
        {
            output.Text(key);
            output.Bytes((value.Encode(key) ?? throw new InvalidOperationException($"The live key '{key}' has no bytes.")).Span);
        }

        return output.Finish(RecordKind.Page, epoch, position);
    }

    /// <summary>Adds the keys of a page that a base at <paramref name="position"/> names.</summary>
    /// <exception cref="InvalidDataException">The record is no such page.</exception>
    public static void Read(RecordFrame? record, long position, Dictionary<string, ReadOnlyMemory<byte>> live)
    {
        if (record is not { Kind: RecordKind.Page } page || page.Position > position) throw new InvalidDataException("A page that head names is not there.");
        var input = new RecordReader(page.Body);
        for (var left = input.Count(); left > 0; left--) live.Add(input.Text(), input.Bytes());
    }
}
