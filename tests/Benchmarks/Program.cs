using Rosud;
using Rosud.Hosting;
using Rosud.W4;

// The same program is the host that measurements over the network are made against: only it has the bare grains they are compared with.
return args switch
{
    [BenchHost.Verb, .. var settings] => await BenchHost.Run(settings),
    [NaiveService.Verb, var url, var agents] => await NaiveService.Run(url, agents),
    _ => await BenchmarkCommand.Run(args, Console.Error),
};
