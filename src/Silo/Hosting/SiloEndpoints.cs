using System.Globalization;
using System.Net;

namespace Rosud.Hosting;

/// <summary>Where the silo and its gateway are reached, and where they listen: that is the same unless a listening endpoint is configured, as behind a mapped port.</summary>
internal static class SiloEndpoints
{
    private const string Section = "Orleans:Endpoints";
    private const string Advertised = $"{Section}:AdvertisedIPAddress";

    /// <summary>What will be listened on, each with the key that chooses it. Port 0 of the gateway is none.</summary>
    /// <exception cref="StartupRefusedException">A member of the section cannot be read; the message names it.</exception>
    public static IEnumerable<(IPEndPoint Endpoint, string Key)> Listening(IConfiguration configuration)
    {
        if (!IPAddress.TryParse(configuration[Advertised], out var advertised) || advertised.Equals(IPAddress.Any) || advertised.Equals(IPAddress.IPv6Any))
        {
            throw new StartupRefusedException($"{Advertised} must be the address at which other silos reach this one; 127.0.0.1 on a single machine.");
        }

        yield return Listening(configuration, advertised, "SiloPort", "SiloListeningEndpoint", leastPort: 1);
        yield return Listening(configuration, advertised, "GatewayPort", "GatewayListeningEndpoint", leastPort: 0);
    }

    private static (IPEndPoint Endpoint, string Key) Listening(IConfiguration configuration, IPAddress advertised, string port, string listening, int leastPort)
    {
        var (portKey, listeningKey) = ($"{Section}:{port}", $"{Section}:{listening}");
        var number = int.TryParse(configuration[portKey], NumberStyles.None, CultureInfo.InvariantCulture, out var read) && read <= IPEndPoint.MaxPort && read >= leastPort
            ? read
            : throw new StartupRefusedException($"{portKey} must be a port of this machine.");
        if (string.IsNullOrWhiteSpace(configuration[listeningKey])) return (new(advertised, number), portKey);
        return IPEndPoint.TryParse(configuration[listeningKey]!, out var endpoint) && endpoint.Port > 0
            ? (endpoint, listeningKey)
            : throw new StartupRefusedException($"{listeningKey} must be an address and a port of this machine, for example 0.0.0.0:{number}.");
    }
}
