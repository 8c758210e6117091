using Rosud.Agents;
using Rosud.Hosting;

// A team's own host: everything that `dotnet run --project src/Silo` is, and the team's agent in the same process.
return await RosudHost.Run(args, builder => builder.Services.AddRosudAgent(
    "pricer", new AgentSpec { Reads = ["order.*"], Writes = ["quote.*"] }, Pricer.Price));
