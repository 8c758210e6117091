using Rosud;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Runs;

var booker = new AgentSpec { Reads = ["price"], Writes = ["booking.*"] };
var builder = WebApplication.CreateBuilder(args);
builder.AddRosudClient();
builder.AddRosudAgent("booker", Book, booker);
var app = builder.Build();
app.MapHealthChecks("/health");
await app.StartAsync();
var cancellationToken = app.Lifetime.ApplicationStopping;
var rosud = app.Services.GetRequiredService<IRosudClient>();
await rosud.Agents.Register("booker", booker, cancellationToken);   // Its worker does so too, soon; from here on tasks may name it.

var channel = await rosud.Channels.Create(agents: ["booker"], sync: new ContextSync { StalenessThreshold = TimeSpan.Zero });
await channel.Commit([ContextWrite.Set("price", 100)]);
var task = new CoordinationTask
{
    Goal = "Book the trip",
    Outputs = ["booking.*"],
    Steps = [new() { Id = "book", Agent = "booker", Reads = ["price"], Writes = ["booking.*"] }],
};
var result = await channel.Coordinate(task, timeout: TimeSpan.FromSeconds(20), onStaleContext: OnStaleContext.RetryWithFresh, cancellationToken);
Console.WriteLine($"{result.Status}: {string.Join(", ", result.Outputs.Select(output => output.Value.As<string>()))}");
await app.StopAsync();

static async Task<Completion> Book(IAgentWork work, CancellationToken stopped)
{
    var price = work.Assignment.Context.Value<int>("price");
    var way = await CheapestWay(price, stopped);   // Cancelled when the price changes meanwhile.
    return new Completion { Writes = [ContextWrite.Set("booking.choice", $"book by {way}")] };
}

static Task<string> CheapestWay(int price, CancellationToken stopped) => Task.FromResult(price > 500 ? "train" : "plane");   // A model, a service, whatever decides.
