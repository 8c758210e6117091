using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Rosud.Agents;
using Rosud.Context;

namespace Rosud.Tenants;

/// <summary>What an API key allows.</summary>
internal enum Role
{
    /// <summary>Everything.</summary>
    Operator,

    /// <summary>Everything but interventions in supervision.</summary>
    Client,

    /// <summary>The work of one agent: its assignments, and contexts as their reader and under its own name their writer.</summary>
    Agent,
}

/// <summary>Who sent a request.</summary>
/// <param name="Tenant">Whose things it sees.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Agent">The agent that it is, with <see cref="Role.Agent"/>.</param>
internal sealed record Caller(TenantId Tenant, Role Role, string? Agent)
{
    public const string TenantClaim = "rosud:tenant";

    /// <summary>Everyone, while no key is configured.</summary>
    public static Caller Anyone { get; } = new(TenantId.Default, Role.Operator, null);

    /// <summary>The name that its writes bear unless it gives another.</summary>
    public string Name => Agent ?? Wire.NameOf(Role);

    public static Caller Of(HttpContext http)
    {
        var user = http.User;
        var tenant = user.FindFirstValue(TenantClaim) ?? throw new InvalidOperationException("A route without authorization asked who is calling.");
        return new(new(tenant), Enum.Parse<Role>(user.FindFirstValue(ClaimTypes.Role)!), user.FindFirstValue(ClaimTypes.Name));
    }

    public ClaimsPrincipal ToPrincipal(string scheme)
    {
        List<Claim> claims = [new(TenantClaim, Tenant.Value), new(ClaimTypes.Role, Role.ToString())];
        if (Agent is not null) claims.Add(new(ClaimTypes.Name, Agent));
        return new(new ClaimsIdentity(claims, scheme));
    }

    /// <summary>Null when it may act for <paramref name="agent"/>.</summary>
    public Problem? RefusalToActFor(AgentId agent) =>
        Role != Role.Agent || Agent == agent.Name ? null : new(ProblemKind.Forbidden, "This key acts for another agent.");

    /// <summary>The name that a write bears, or why it may not bear the one asked for.</summary>
    public (string Writer, Problem? Refusal) WriterOf(string? asked) => asked switch
    {
        Origin.Platform => (Name, Problem.Invalid("/writer", "This name is the platform's own.")),
        null => (Name, null),
        _ when Role == Role.Agent && asked != Agent => (Name, new(ProblemKind.Forbidden, "This key writes under its own agent's name only.")),
        _ => (asked, null),
    };
}
