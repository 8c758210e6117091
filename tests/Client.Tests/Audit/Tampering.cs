namespace Rosud.Audit;

/// <summary>Every way to change a file: bytes, runs of bytes, lines; taken away, put in, doubled, moved, cut off.</summary>
internal static class Tampering
{
    private static readonly (string Name, Func<Random, byte[], byte[], byte[]> Do)[] Ways =
    [
        ("a bit is flipped", (random, file, _) => With(file, random.Next(file.Length), b => (byte)(b ^ (1 << random.Next(8))))),
        ("a byte is another", (random, file, _) => With(file, random.Next(file.Length), _ => (byte)random.Next(256))),
        ("a digit is another", (random, file, _) => With(file, random.Next(file.Length), _ => (byte)"0123456789abcdefABCDEF"[random.Next(22)])),
        ("a byte is gone", (random, file, _) => Cut(file, random.Next(file.Length), 1)),
        ("bytes are gone", (random, file, _) => Cut(file, random.Next(file.Length), random.Next(1, 400))),
        ("a byte is put in", (random, file, _) => Put(file, random.Next(file.Length + 1), [(byte)random.Next(256)])),
        ("a space is put in", (random, file, _) => Put(file, random.Next(file.Length + 1), " "u8.ToArray())),
        ("a line end is put in", (random, file, _) => Put(file, random.Next(file.Length + 1), "\n"u8.ToArray())),
        ("bytes are doubled", (random, file, _) => Put(file, random.Next(file.Length + 1), Some(random, file))),
        ("bytes of another export are put in", (random, file, other) => Put(file, random.Next(file.Length + 1), Some(random, other))),
        ("the end is cut off", (random, file, _) => file[..random.Next(file.Length)]),
        ("the beginning is cut off", (random, file, _) => file[random.Next(1, file.Length + 1)..]),
        ("the middle is cut out", (random, file, _) => Cut(file, random.Next(file.Length), random.Next(1, file.Length))),
        ("a line is gone", (random, file, _) => Lines(file, lines => lines.RemoveAt(random.Next(lines.Count)))),
        ("lines are gone", (random, file, _) => Lines(file, lines => lines.RemoveRange(Math.Min(random.Next(lines.Count), lines.Count - 3), 3))),
        ("the last lines are gone", (random, file, _) => Lines(file, lines => lines.RemoveRange(lines.Count - random.Next(1, lines.Count), 1))),
        ("the last entries are gone", (random, file, _) => Lines(file, lines => Take(lines, lines.Count - 1 - random.Next(1, lines.Count - 2)))),
        ("the first entries are gone", (random, file, _) => Lines(file, lines => lines.RemoveRange(1, random.Next(1, lines.Count - 1)))),
        ("a line is doubled", (random, file, _) => Lines(file, lines => lines.Insert(random.Next(lines.Count + 1), lines[random.Next(lines.Count)]))),
        ("two lines are swapped", (random, file, _) => Lines(file, lines => Swap(lines, random.Next(lines.Count), random.Next(lines.Count)))),
        ("lines are shuffled", (random, file, _) => Lines(file, lines => Shuffle(random, lines))),
        ("a line is from another export", (random, file, other) => Lines(file, lines => Replace(random, lines, other))),
    ];

    public static int Count => Ways.Length;

    /// <summary>The file, changed in one way; the same bytes when that way happened to change nothing.</summary>
    /// <param name="other">Another export that the same host has signed.</param>
    public static (string Way, byte[] File) Of(Random random, int way, byte[] file, byte[] other) => (Ways[way].Name, Ways[way].Do(random, file, other));

    private static byte[] With(byte[] file, int at, Func<byte, byte> change)
    {
        var made = (byte[])file.Clone();
        made[at] = change(made[at]);
        return made;
    }

    private static byte[] Cut(byte[] file, int at, int count) => [.. file.AsSpan(0, at), .. file.AsSpan(Math.Min(file.Length, at + count))];

    private static byte[] Put(byte[] file, int at, byte[] bytes) => [.. file.AsSpan(0, at), .. bytes, .. file.AsSpan(at)];

    private static byte[] Some(Random random, byte[] file)
    {
        var at = random.Next(file.Length);
        return file[at..Math.Min(file.Length, at + random.Next(1, 600))];
    }

    private static byte[] Lines(byte[] file, Action<List<byte[]>> change)
    {
        var lines = Split(file);
        change(lines);
        return [.. lines.SelectMany(line => line)];
    }

    private static List<byte[]> Split(byte[] file)
    {
        var lines = new List<byte[]>();
        for (var at = 0; at < file.Length;)
        {
            var end = Array.IndexOf(file, (byte)'\n', at) + 1;
            lines.Add(file[at..end]);
            at = end;
        }

        return lines;
    }

    private static void Take(List<byte[]> lines, int keep) => lines.RemoveRange(Math.Max(1, keep), lines.Count - 1 - Math.Max(1, keep));

    private static void Swap(List<byte[]> lines, int one, int other) => (lines[one], lines[other]) = (lines[other], lines[one]);

    private static void Replace(Random random, List<byte[]> lines, byte[] other)
    {
        var others = Split(other);
        lines[random.Next(lines.Count)] = others[random.Next(others.Count)];
    }

    private static void Shuffle(Random random, List<byte[]> lines)
    {
        var shuffled = lines.ToArray();
        random.Shuffle(shuffled);
        lines.Clear();
        lines.AddRange(shuffled);
    }
}
