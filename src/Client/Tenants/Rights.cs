using Microsoft.AspNetCore.Authorization;

namespace Rosud.Tenants;

/// <summary>The policies that routes name. Each needs a key; agents' routes check beside it whose agent it is.</summary>
internal static class Rights
{
    public const string Operator = "operator";
    public const string Client = "client";
    public const string Agent = "agent";

    public static void Configure(AuthorizationOptions options)
    {
        options.AddPolicy(Operator, Of(Role.Operator));
        options.AddPolicy(Client, Of(Role.Operator, Role.Client));
        options.AddPolicy(Agent, Of(Role.Operator, Role.Client, Role.Agent));
    }

    private static AuthorizationPolicy Of(params Role[] roles) =>
        new AuthorizationPolicyBuilder(ApiKeyAuthentication.SchemeName).RequireRole(roles.Select(role => role.ToString())).Build();
}
