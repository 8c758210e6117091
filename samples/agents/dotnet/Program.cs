using Rosud;
using Rosud.Agents;
using Rosud.Demo;

// dotnet run --project samples/agents/dotnet             works for planner, researcher and executor; serves the librarian as a webhook
// dotnet run --project samples/agents/dotnet -- --only executor  works for one of them; others may be written in another language
// dotnet run --project samples/agents/dotnet -- ask "…"  asks them a question over the files of a folder (--folder, default docs)
if (args is ["ask", var question, .. var rest]) return await Question.Ask(question, rest);

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddRosudClient();
builder.Services.AddDemoTeam(pace: TimeSpan.FromMilliseconds(100));
if (builder.Configuration["only"] is { } only)
{
    foreach (var other in builder.Services.Where(service => service.ImplementationInstance is LocalAgent agent && agent.Id.Name != only).ToList()) builder.Services.Remove(other);
}

builder.Services.AddHostedService<LibrarianRegistration>();
var app = builder.Build();
app.MapHealthChecks("/health");
app.MapLibrarian();
await app.RunAsync();
return 0;
