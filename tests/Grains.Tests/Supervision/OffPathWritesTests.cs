using Microsoft.Extensions.Logging.Abstractions;
using Rosud.Journal;

namespace Rosud.Supervision;

public sealed class OffPathWritesTests
{
    [Fact]
    public async Task Who_asked_for_a_write_that_was_fenced_can_tell()
    {
        var told = 0;
        var writes = new OffPathWrites<string>(new Fenced(), () => "open", () => told++, TimeProvider.System, NullLogger.Instance);

        await writes.Request();

        Assert.True(writes.IsFenced);
        Assert.Equal(1, told);
    }

    private sealed class Fenced : IDurableValue<string>
    {
        public string? Value => null;

        public long Epoch => 1;

        public Task Activate(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task Write(string value) => throw new JournalFencedException("A newer activation writes.");
    }
}
