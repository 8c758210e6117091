using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration.Memory;

namespace Rosud.Hosting;

/// <summary>Where the host listens: free addresses, and without keys only ones that other machines cannot reach.</summary>
internal static class ListeningAddresses
{
    private const string Default = "http://127.0.0.1:5080";

    /// <summary>The default is the weakest source: <c>--urls</c>, the environment and settings files come before it.</summary>
    public static void AddDefault(IConfigurationManager configuration) =>
        configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = [new("urls", Default)] });

    /// <summary>Whether callers need a key.</summary>
    public static bool HasKeys(IConfiguration configuration) => configuration.GetSection("Rosud:Keys").GetChildren().Any();

    /// <exception cref="StartupRefusedException">An address is taken, is none, or is open to other machines while there is no key.</exception>
    public static void Check(IConfiguration configuration)
    {
        foreach (var url in HttpUrls(configuration))
        {
            var endpoint = EndpointOf(Parse(url));
            if (!IPAddress.IsLoopback(endpoint.Address) && !HasKeys(configuration))
            {
                throw new StartupRefusedException($"Rosud:Keys is empty, and other machines could reach {url}: configure a key, or listen on 127.0.0.1.");
            }

            RequireFree(endpoint, "--urls");
        }

        foreach (var (endpoint, key) in SiloEndpoints.Listening(configuration)) RequireFree(endpoint, key);
    }

    /// <summary>The urls where keys come in without TLS from other machines.</summary>
    public static IEnumerable<string> ClearText(IConfiguration configuration) => HasKeys(configuration)
        ? HttpUrls(configuration).Where(url => Parse(url) is var address && address.Scheme == Uri.UriSchemeHttp && !IPAddress.IsLoopback(EndpointOf(address).Address))
        : [];

    private static IEnumerable<string> HttpUrls(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        return endpoints.Count > 0 ? endpoints : configuration["urls"]!.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static BindingAddress Parse(string url)
    {
        try
        {
            return BindingAddress.Parse(url);
        }
        catch (FormatException failure)
        {
            throw new StartupRefusedException($"'{url}' is no address to listen on; one looks like {Default}.", failure);
        }
    }

    private static IPEndPoint EndpointOf(BindingAddress address) => new(AddressOf(address.Host), address.Port);

    private static IPAddress AddressOf(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address
        : string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
        : IPAddress.Any;

    // The silo itself would share a port with another silo and both would be deaf now and then.
    private static void RequireFree(IPEndPoint endpoint, string key)
    {
        if (endpoint.Port == 0) return;
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            socket.Listen();
        }
        catch (SocketException failure)
        {
            throw new StartupRefusedException(
                failure.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"{endpoint} is in use by another process: choose another port with {key}."
                    : $"{endpoint} cannot be listened on ({failure.Message}): choose another address with {key}.",
                failure);
        }
    }
}
