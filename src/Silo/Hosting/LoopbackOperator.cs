namespace Rosud.Hosting;

/// <summary>Without keys everyone on this machine is operator; nobody else can reach the host then (<see cref="ListeningAddresses"/>).</summary>
internal static class LoopbackOperator
{
    public const string Policy = "operator";

    /// <exception cref="StartupRefusedException">Keys are configured, and nothing here could check them.</exception>
    public static void AddLoopbackOperator(this WebApplicationBuilder builder)
    {
        if (ListeningAddresses.HasKeys(builder.Configuration)) throw new StartupRefusedException("Rosud:Keys is configured, but this host serves nothing that checks keys.");
        builder.Services.AddAuthorizationBuilder().AddPolicy(Policy, policy => policy.RequireAssertion(_ => true));
    }
}
