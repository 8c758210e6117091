using Rosud;
using Rosud.Hosting;

// The same program is the host that is broken on purpose: it is put together here, so the product needs no setting for it.
return args is [FaultsHost.Verb, .. var settings] ? await FaultsHost.Run(settings) : await FaultsCommand.Run(args, Console.Error);
