using Rosud.Hosting;

return await RosudHost.Run(args);
