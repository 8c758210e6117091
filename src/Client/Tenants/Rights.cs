using Microsoft.AspNetCore.Authorization;

namespace Rosud.Tenants;

/// <summary>The policies that routes name. Each needs a key; agents' routes check beside it whose agent it is.</summary>
internal static class Rights
{
    public const string Operator = "operator";

    /// <summary>Operators of the tenant <c>default</c>, who run the host: they see all tenants' names on the Orleans dashboard.</summary>
    public const string Host = "host";

    public const string Client = "client";
    public const string Agent = "agent";

    public static void Configure(AuthorizationOptions options)
    {
        options.AddPolicy(Operator, Of(Role.Operator));
        options.AddPolicy(Host, new AuthorizationPolicyBuilder(ApiKeyAuthentication.SchemeName)
            .RequireRole(nameof(Role.Operator)).RequireClaim(Caller.TenantClaim, TenantId.Default.Value).Build());
        options.AddPolicy(Client, Of(Role.Operator, Role.Client));
        options.AddPolicy(Agent, Of(Role.Operator, Role.Client, Role.Agent));
    }

    private static AuthorizationPolicy Of(params Role[] roles) =>
        new AuthorizationPolicyBuilder(ApiKeyAuthentication.SchemeName).RequireRole(roles.Select(role => role.ToString())).Build();
}
