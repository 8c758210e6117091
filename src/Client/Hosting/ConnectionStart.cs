using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rosud.Hosting;

/// <summary>Waits at the start for the first silo to answer, and says where it looked when none does.</summary>
internal sealed class ConnectionStart(IOptions<RosudClientOptions> options, TimeProvider time, ILogger<ConnectionStart> log) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly long _start = time.GetTimestamp();
    private bool _said;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        var where = options.Value.Gateways.Count > 0 ? string.Join(", ", options.Value.Gateways) : "127.0.0.1:30000 or the gateways of Orleans:Clustering";
        if (time.GetElapsedTime(_start) >= options.Value.ConnectTimeout)
        {
            throw new InvalidOperationException(
                $"No silo answered at {where} within {options.Value.ConnectTimeout}. Start one (dotnet run --project src/Silo), or set {RosudClientOptions.Section}:Gateways, Orleans:ClusterId and Orleans:ServiceId as the silo has them.", exception);
        }

        if (!_said) log.LogWarning("No silo answers at {Gateways} yet; trying again for {Limit}.", where, options.Value.ConnectTimeout);
        _said = true;
        await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }
}
