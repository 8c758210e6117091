using System.IO.Hashing;
using System.Text;

namespace Rosud.Journal;

public sealed class JournalPageTests
{
    [Theory]   // What is stored lies in the pages that this says.
    [InlineData("a", 1)]
    [InlineData("ä", 1)]
    [InlineData("key/", 200)]   // Longer than what is encoded without an array.
    public void The_page_of_a_key_is_decided_by_the_low_31_bits_of_its_XxHash3(string part, int times)
    {
        var key = string.Concat(Enumerable.Repeat(part, times));

        Assert.Equal((int)(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(key)) & 0x7fff_ffff), JournalPage.HashOf(key));
    }
}
