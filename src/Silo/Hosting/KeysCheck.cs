using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>API keys that cannot be read are found at the start, not by the first caller.</summary>
internal sealed class KeysCheck(IConfiguration configuration) : IStartupCheck
{
    public void Run()
    {
        foreach (var key in configuration.GetSection("Rosud:Keys").GetChildren())
        {
            if (key.Value is not null) throw new StartupRefusedException($"{key.Path} must have Sha256, Tenant and Role.");
            if (key["Role"] is { } role && !Enum.GetNames<Role>().Contains(role, StringComparer.OrdinalIgnoreCase))
            {
                throw new StartupRefusedException($"{key.Path}:Role must be operator, client or agent.");
            }

            if (key.Get<ApiKey>()!.Fault() is { } fault) throw new StartupRefusedException($"{key.Path}: {fault}.");
        }
    }
}
