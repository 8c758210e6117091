using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Rosud.Hosting;

/// <summary>How a process that is no silo reaches a cluster. Section <c>Rosud:Client</c>.</summary>
/// <remarks>Where the gateways are may also come from <c>Orleans:Clustering</c> (for example <c>ProviderType=Redis</c>, with its package in the app); then <see cref="Gateways"/> must be empty.</remarks>
public sealed class RosudClientOptions
{
    private const string GatewayDefault = "127.0.0.1:30000";

    /// <summary>The section of the configuration.</summary>
    public const string Section = "Rosud:Client";

    /// <summary>Gateways of silos as <c>host:port</c>, resolved at the start. Name several: one that is lost costs nothing while another answers.</summary>
    /// <value>Empty uses <c>Orleans:Clustering</c>, or without that 127.0.0.1:30000, where <c>dotnet run --project src/Silo</c> listens.</value>
    public IList<string> Gateways { get; init; } = [];

    /// <summary>The tenant whose things the client sees. Default <c>default</c>.</summary>
    [RegularExpression("[a-z0-9][a-z0-9._-]{0,127}", ErrorMessage = "Rosud:Client:Tenant has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.")]
    public string Tenant { get; set; } = "default";

    /// <summary>The writer's name of commits that name none. Default <c>client</c>.</summary>
    [RegularExpression("[a-z0-9][a-z0-9._-]{0,127}", ErrorMessage = "Rosud:Client:Writer has 1 to 128 of a-z 0-9 . _ - and starts with a letter or digit.")]
    public string Writer { get; set; } = "client";

    /// <summary>How long the start waits for the first gateway to answer, 0 s to 1 h. Default 60 s; then the process does not start.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ErrorMessage = "Rosud:Client:ConnectTimeout must be 0 s to 1 h.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a call is repeated, under the same id, while the cluster does not answer or has no room, 1 s to 10 min. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "Rosud:Client:CallTimeout must be 1 s to 10 min.")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one answer is waited for before the call is repeated, 1 s to 1 min. Default 10 s: as long as a call to a silo that just died may hang.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00", ErrorMessage = "Rosud:Client:ResponseTimeout must be 1 s to 1 min.")]
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a worker may be silent before its assignments go to another, 1 s to 10 min. Default 30 s; renewed at a third of it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "Rosud:Client:Lease must be 1 s to 10 min.")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Where the gateways are now; a name stands for all its addresses.</summary>
    /// <exception cref="InvalidOperationException">A name cannot be resolved.</exception>
    internal IPEndPoint[] EndPoints() => [.. Gateways.DefaultIfEmpty(GatewayDefault).SelectMany(Resolve)];

    internal static bool HasGoodGateways(RosudClientOptions options) => options.Gateways.All(gateway => Split(gateway) is not null);

    private static IEnumerable<IPEndPoint> Resolve(string gateway)
    {
        if (IPEndPoint.TryParse(gateway, out var point)) return [point];
        var (host, port) = Split(gateway)!.Value;
        try
        {
            return Dns.GetHostAddresses(host).Select(address => new IPEndPoint(address, port));
        }
        catch (SocketException unknown)
        {
            throw new InvalidOperationException($"{Section}:Gateways names {host}, which cannot be resolved: {unknown.Message}", unknown);
        }
    }

    private static (string Host, int Port)? Split(string gateway) =>
        gateway.LastIndexOf(':') is > 0 and var colon && ushort.TryParse(gateway.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
        && Uri.CheckHostName(gateway[..colon].Trim('[', ']')) != UriHostNameType.Unknown
            ? (gateway[..colon], port)
            : null;
}
