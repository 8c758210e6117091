namespace Rosud.Hosting;

/// <summary>Says at the start when API keys travel so that whoever is on the way can read them.</summary>
internal sealed class ClearTextCheck(IConfiguration configuration, ILogger<ClearTextCheck> log) : IStartupCheck
{
    public void Run()
    {
        foreach (var url in ListeningAddresses.ClearText(configuration))
        {
            log.LogWarning("API keys come to {Url} in clear text: listen on https (Kestrel:Endpoints with a certificate), or on loopback behind something that ends TLS.", url);
        }
    }
}
