using CsCheck;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Agents;

public sealed class AssignmentIdTests
{
    private static readonly TenantId Tenant = new("t");

    private static readonly Gen<AssignmentId> Named = Gen.Select(NamesTests.Name, NamesTests.Name, NamesTests.Name, Gen.Char["abz09"].Array[1, 8], Gen.Int[0, int.MaxValue],
        (agent, step, channel, unique, attempt) => new AssignmentId(new(Tenant, agent), RunId.Make(new(Tenant, channel), new(unique)), step, attempt));

    private static readonly Gen<AssignmentId> Id = Gen.Select(Named, Gen.OneOf(Gen.Const(0L), Gen.Long[0, long.MaxValue]), (id, handed) => id with { Handed = new(handed) });

    [Fact]
    public void An_id_says_all_that_it_was_made_of() =>
        Id.Sample(id =>
        {
            Assert.True(AssignmentId.TryParse(Tenant, id.ToString(), out var read));
            Assert.Equal((id, id.Handed), (read, read.Handed));
        }, iter: 20_000);

    [Fact]
    public void What_it_was_handed_tells_no_attempts_apart() =>
        Gen.Select(Id, Gen.Long[0, long.MaxValue]).Sample((id, handed) =>
        {
            var other = id with { Handed = new(handed) };
            Assert.True(id == other && id.GetHashCode() == other.GetHashCode());
        });

    [Fact]
    public void The_longest_names_fit()
    {
        var name = new string('n', Names.LengthMax);
        var id = new AssignmentId(new(Tenant, name), RunId.Make(new(Tenant, name), new('u', 40)), name, int.MaxValue) { Handed = new(long.MaxValue) };

        Assert.True(AssignmentId.TryParse(Tenant, id.ToString(), out var read));
        Assert.Equal(id, read);
    }

    [Fact]
    public void Two_ids_have_two_texts() =>
        Gen.Select(Named, Named).Sample((x, y) => Assert.Equal(x == y, x.ToString() == y.ToString()), iter: 10_000);

    [Fact]
    public void Garbage_and_almost_ids_never_throw_and_what_parses_is_spelled_the_same() =>
        Gen.OneOf(
            Gen.String,
            Gen.OneOf("a", "1", "9", ".", "0", "-", "a1.1.1.", "b", "2147483647", "2147483648", "00", "a.", "v").Array[0, 14].Select(string.Concat),
            Gen.Select(Id, Gen.Int[0, 60], Gen.Char["a.v19-A"], (id, at, wrong) => Broken(id.ToString(), at, wrong))).Sample(text =>
        {
            if (AssignmentId.TryParse(Tenant, text, out var id)) Assert.Equal(text, id.ToString());
        }, iter: 100_000);

    [Theory]
    [InlineData(null)]
    [InlineData("a1.2147483647.1.x.y.z.u")]
    [InlineData("a1.2147483647.2147483647.x.y.z.u")]
    [InlineData("a01.1.1.x.y.z.u")]
    [InlineData("a1.01.1.x.y.z.u")]
    [InlineData("a1v.1.1.x.y.z.u")]
    [InlineData("a1v0.1.1.x.y.z.u")]
    [InlineData("a1v01.1.1.x.y.z.u")]
    [InlineData("a1v9223372036854775808.1.1.x.y.z.u")]
    [InlineData("a1v1v1.1.1.x.y.z.u")]
    [InlineData("a-1.1.1.x.y.z.u")]
    [InlineData("a1.1.1.x.y.z")]
    [InlineData("a1.2.1.x.y.z.u")]
    [InlineData("a1.0.1..y.z.u")]
    public void What_names_no_assignment_is_none(string? text) => Assert.False(AssignmentId.TryParse(Tenant, text, out _));

    private static string Broken(string text, int at, char wrong) => text[..(at % text.Length)] + wrong + text[((at % text.Length) + 1)..];
}
