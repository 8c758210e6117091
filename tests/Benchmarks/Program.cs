using Rosud;
using Rosud.Hosting;

// The same program is the host that measurements over the network are made against: only it has the bare grains they are compared with.
return args is [BenchHost.Verb, .. var settings] ? await BenchHost.Run(settings) : await BenchmarkCommand.Run(args, Console.Error);
