using Rosud.Agents;
using Rosud.Context;

/// <summary>Prices an order. In a silo a handler must be asynchronous: code that blocks belongs into a worker process.</summary>
internal static class Pricer
{
    private const decimal Each = 12.50m;
    private const decimal Carriage = 40m;
    private const int FreeCarriageFrom = 10;

    public static Task<Completion> Price(IAgentWork work, CancellationToken stopped)
    {
        var pieces = work.Assignment.Context.Value<int>("order.pieces");
        if (pieces < 1) throw new AgentFailureException("An order has at least one piece.", retryable: false);
        var carriage = pieces >= FreeCarriageFrom ? 0 : Carriage;
        return Task.FromResult(new Completion { Writes = [ContextWrite.Set("quote.total", (pieces * Each) + carriage), ContextWrite.Set("quote.carriage", carriage)] });
    }
}
