using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Rosud.Tenants;

namespace Rosud.A2A;

/// <summary>Cards by which others find channels as agents. Public: they say where a channel would be, not whether it is there.</summary>
internal static class AgentCards
{
    private const string Card = "/.well-known/agent-card.json";

    /// <summary>The channel that the host's own card is for.</summary>
    private const string DefaultChannel = "default";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Card, (HttpContext http, ApiKeyRing keys) => Answer(DefaultChannel, http, keys));
        app.MapGet($"{RosudA2A.Path}/{{channel}}{Card}", Answer);
    }

    private static IResult Answer(string channel, HttpContext http, ApiKeyRing keys)
    {
        if (!Names.IsValid(channel)) return new ProblemResult(new(ProblemKind.NotFound, "There is no such channel."));
        var json = JsonSerializer.SerializeToUtf8Bytes(Of(channel, $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}{RosudA2A.Path}/{channel}", !keys.IsOpen), Protocol.Json);
        http.Response.Headers.CacheControl = "max-age=60";
        return TypedResults.Bytes(json, "application/json", entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(json))[..16]}\""));
    }

    private static AgentCard Of(string channel, string url, bool needsKey) => new(
        $"Rosud channel {channel}",
        $"The agents of the channel {channel}, coordinated over one versioned context. A message's text is the goal of a task; its data may be a whole task with steps and outputs.",
        [new(url, "HTTP+JSON", Protocol.Version)],
        typeof(RosudA2A).Assembly.GetName().Version!.ToString(3),
        new(Streaming: true, PushNotifications: false, ExtendedAgentCard: false),
        needsKey ? new() { ["key"] = new(new("Bearer", "An API key of the host, of the role client or operator.")) } : null,
        needsKey ? [new(new() { ["key"] = new([]) })] : null,
        ["text/plain", "application/json"],
        ["application/json", "text/plain"],
        [new("coordinate", "Coordinate agents on a task", "Runs the steps that a task needs, each as soon as what it reads is there, and ends by its deadline. The outputs are its artifacts, each under its key.", ["coordination", "agents", "shared context"])]);
}

/// <summary>What an agent is and where it answers.</summary>
internal sealed record AgentCard(
    string Name,
    string Description,
    IReadOnlyList<CardInterface> SupportedInterfaces,
    string Version,
    CardCapabilities Capabilities,
    Dictionary<string, CardSecurity>? SecuritySchemes,
    IReadOnlyList<CardRequirement>? SecurityRequirements,
    IReadOnlyList<string> DefaultInputModes,
    IReadOnlyList<string> DefaultOutputModes,
    IReadOnlyList<CardSkill> Skills);

/// <summary>Where it answers, and how.</summary>
internal sealed record CardInterface(string Url, string ProtocolBinding, string ProtocolVersion);

/// <summary>What it can beside the necessary.</summary>
internal sealed record CardCapabilities(bool Streaming, bool PushNotifications, bool ExtendedAgentCard);

/// <summary>A way to be known to it.</summary>
internal sealed record CardSecurity(CardHttpSecurity HttpAuthSecurityScheme);

/// <summary>By a header.</summary>
internal sealed record CardHttpSecurity(string Scheme, string Description);

/// <summary>The ways that are needed.</summary>
internal sealed record CardRequirement(Dictionary<string, CardScopes> Schemes);

/// <summary>What a way must allow.</summary>
internal sealed record CardScopes(IReadOnlyList<string> List);

/// <summary>Something that it does.</summary>
internal sealed record CardSkill(string Id, string Name, string Description, IReadOnlyList<string> Tags);
