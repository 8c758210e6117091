using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>API keys that cannot be read are found at the start, not by the first caller.</summary>
internal sealed class KeysCheck(IServiceProvider services) : IStartupCheck
{
    public void Run() => services.GetRequiredService<ApiKeyRing>();
}
