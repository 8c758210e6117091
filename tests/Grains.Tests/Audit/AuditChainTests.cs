using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Rosud.Context;

namespace Rosud.Audit;

public sealed class AuditChainTests
{
    [Fact]   // The model: each hash is SHA-256 of the hash before and the bytes, joined in one array.
    public void The_chain_is_a_hash_of_hashes() => Gen.Byte.Array[0, 3_000].Array[0, 12].Sample(entries =>
    {
        var model = new byte[32];
        var head = default(AuditHead);
        foreach (var entry in entries)
        {
            model = SHA256.HashData([.. model, .. entry]);
            head = head.Next(entry);
        }

        Assert.Equal((entries.Length, Convert.ToHexStringLower(model)), (head.Number, head.Hash.ToString()));
    });

    [Fact]
    public void A_record_gives_back_the_lines_it_was_made_of() => Gen.String[Gen.Char[' ', '~'], 1, 50].Array[1, 9].Sample(texts =>
    {
        var lines = texts.Select(Encoding.UTF8.GetBytes).ToList();
        var before = new AuditHead(7, ContentHash.Of("x"u8));
        var after = lines.Aggregate(before, (head, line) => head.Next(line));
        var record = AuditRecord.Find([new(3, default, []), AuditRecord.Entry(before, after, lines)])!;
        Assert.Equal((before, after), (record.Before, record.After));
        Assert.Equal(texts, record.Lines.Select(line => Encoding.UTF8.GetString(line.Span)));
    });

    [Fact]
    public void The_seal_of_a_value_is_its_HMAC_and_needs_its_salt()
    {
        var salt = new UInt128(0x0102030405060708, 0x090a0b0c0d0e0f10);
        var mac = HMACSHA256.HashData(Convert.FromHexString("0102030405060708090a0b0c0d0e0f10"), "{\"a\":1}"u8);
        Assert.Equal(Convert.ToHexStringLower(mac), ValueSeal.Of(salt, JsonValue.Parse("{ \"a\" : 1 }")).ToString());
        Assert.NotEqual(ValueSeal.Of(salt, JsonValue.Null), ValueSeal.Of(salt + 1, JsonValue.Null));
    }

    [Fact]
    public void No_salt_is_given_twice()
    {
        var salts = new Salts();
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => salts.Next()).Distinct().Count());
    }
}
