using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Rosud.Context;

namespace Rosud.Journal;

/// <summary>Which operations a journal remembers, and the cells that they lie in.</summary>
public sealed class OperationTableTests
{
    private static readonly JournalLimits Six = new() { Operations = 6, OperationsPerCell = 2, OperationsFor = TimeSpan.FromHours(24) };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void As_many_as_the_limit_are_remembered_and_the_oldest_goes_first()
    {
        var table = Table(6);
        Assert.Equal((0L, 6L), (table.First, table.End));
        Assert.NotNull(table.Find(Id(0)));

        table.Add(Operation(6));
        Assert.Equal((1L, 7L), (table.First, table.End));
        Assert.Null(table.Find(Id(0)));
        Assert.NotNull(table.Find(Id(1)));
    }

    [Fact]
    public void An_operation_is_remembered_for_a_day_to_the_tick()
    {
        var table = Table(2);
        _time.Advance(Six.OperationsFor);
        table.Add(Operation(2));
        Assert.NotNull(table.Find(Id(0)));
        Assert.Equal(0, table.First);

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(table.Find(Id(0)));
        table.Add(Operation(3));
        Assert.Equal((2L, 4L), (table.First, table.End));
        Assert.NotNull(table.Find(Id(2)));
    }

    [Fact]
    public void An_id_that_comes_again_is_its_newest_operation()
    {
        var table = Table(6);
        var again = Operation(0) with { Answer = "again"u8.ToArray() };
        table.Add(again);

        Assert.Same(again, table.Find(Id(0)));
    }

    [Theory]
    [InlineData(0, 100, "2,3,4,5,6,7")]
    [InlineData(0, 2, "")]
    [InlineData(3, 5, "3,4")]
    [InlineData(2, 3, "2")]
    [InlineData(7, 8, "7")]
    [InlineData(8, 9, "")]
    [InlineData(5, 3, "")]
    public void A_range_has_what_is_still_remembered_of_it(long from, long end, string expected) => Assert.Equal(expected, Names(Table(8).Range(from, end)));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(9)]
    public void Cells_bring_back_what_was_remembered_in_its_order(int count)
    {
        var table = Table(count);
        var read = new OperationTable(Six, _time);
        for (var number = Math.Max(0, (count - 6) / 2); number <= (count - 1) / 2; number++) read.ReadCell(number, RecordFrame.Read(table.WriteCell(number, count, epoch: 3)));

        Assert.Equal((table.First, table.End), (read.First, read.End));
        Assert.Equal(Names(table.Range(0, count)), Names(read.Range(0, count)));
        Assert.Equal("answer", Encoding.UTF8.GetString(read.Find(Id(count - 1))!.Answer.Span));
    }

    [Fact]
    public void A_cell_ends_where_it_was_told_to()
    {
        var frame = RecordFrame.Read(Table(6).WriteCell(1, 3, epoch: 3));
        var read = new OperationTable(Six, _time);
        read.ReadCell(1, frame);

        Assert.Equal((RecordKind.Operations, 3L, 1L), (frame.Kind, frame.Epoch, frame.Position));
        Assert.Equal((2L, 3L, "2"), (read.First, read.End, Names(read.Range(0, 9))));
    }

    [Fact]
    public void A_cell_after_a_hole_begins_the_table_again()
    {
        var (table, read) = (Table(6), Table(1));
        read.ReadCell(1, RecordFrame.Read(table.WriteCell(1, 6, epoch: 3)));

        Assert.Equal((2L, 4L), (read.First, read.End));
        Assert.Null(read.Find(Id(0)));
    }

    [Fact]
    public void A_record_that_is_not_the_cell_is_said()
    {
        var cell = RecordFrame.Read(Table(6).WriteCell(1, 6, epoch: 3));
        void Fails(long number, RecordFrame? record) =>
            Assert.Equal($"The ops cell {number} is not there.", Assert.Throws<InvalidDataException>(() => new OperationTable(Six, _time).ReadCell(number, record)).Message);

        Fails(1, default(RecordFrame?));
        Fails(2, cell);
        Fails(1, RecordFrame.Read(new RecordWriter().Finish(RecordKind.Page, 3, 1)));
    }

    private OperationTable Table(int count)
    {
        var table = new OperationTable(Six, _time);
        for (var i = 0; i < count; i++) table.Add(Operation(i));
        return table;
    }

    private JournalOperation Operation(int number) => new(Id(number), JournalOwner.Id("body"), _time.GetUtcNow(), "answer"u8.ToArray());

    private static ContentHash Id(int number) => JournalOwner.Id(number.ToString(CultureInfo.InvariantCulture));

    private static string Names(IEnumerable<JournalOperation> operations) =>
        string.Join(',', operations.Select(operation => Enumerable.Range(0, 20).Single(number => Id(number) == operation.Id)));
}
