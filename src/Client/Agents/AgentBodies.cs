using System.ComponentModel.DataAnnotations;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>An agent's registration.</summary>
internal sealed record RegisterAgentBody
{
    [Text(4096)]
    public string Description { get; init; } = "";

    /// <summary>Keys and patterns the agent may read.</summary>
    [Keys, Count(256)]
    public string[] Reads { get; init; } = [];

    /// <summary>Keys and patterns the agent may write.</summary>
    [Keys, Count(256)]
    public string[] Writes { get; init; } = [];

    public TransportBody Transport { get; init; } = new();

    [Range(1, 10_000)]
    public int MaxConcurrency { get; init; } = 4;

    [Range(0, 100_000)]
    public int QueueLimit { get; init; } = 64;

    [DurationMs]
    public long TimeoutMs { get; init; } = 30_000;

    [Text(128, 1)]
    public string? Version { get; init; }

    [Name]
    public string? Capability { get; init; }

    [Name]
    public string? Dependency { get; init; }

    public bool Memo { get; init; }

    public bool Rebase { get; init; }

    public bool ShadowSafe { get; init; }

    /// <summary>JSON schema of what a completion gives as <c>output</c>; one that breaks it is rejected. No output counts as null.</summary>
    public JsonValue? OutputSchema { get; init; }

    public AgentSpec ToSpec(RequestReader request, AgentHosts hosts) => new()
    {
        Description = Description,
        Reads = [.. Reads.Select(pattern => new KeyPattern(pattern))],
        Writes = [.. Writes.Select(pattern => new KeyPattern(pattern))],
        Transport = Transport.ToTransport(request, hosts),
        MaxConcurrency = MaxConcurrency,
        QueueLimit = QueueLimit,
        Timeout = TimeSpan.FromMilliseconds(TimeoutMs),
        Version = Version,
        Capability = Capability,
        Dependency = Dependency,
        Memo = Memo,
        Rebase = Rebase,
        ShadowSafe = ShadowSafe,
        OutputSchema = OutputSchema,
    };
}

/// <summary>How assignments reach an agent.</summary>
internal sealed record TransportBody
{
    public TransportKind Kind { get; init; }

    /// <summary>Where a webhook agent listens.</summary>
    [Text(2048, 1)]
    public string? Url { get; init; }

    /// <summary>Key of the signature on webhook requests. Never shown again.</summary>
    [Text(1024, 1)]
    public string? Secret { get; init; }

    public Transport ToTransport(RequestReader request, AgentHosts hosts)
    {
        request.Require(Kind != TransportKind.InProcess, "/transport/kind", "In-process agents are registered by the host; over HTTP this is pull or webhook.");
        if (Kind != TransportKind.Webhook)
        {
            request.Require(Url is null, "/transport/url", "Only a webhook has a url.");
            request.Require(Secret is null, "/transport/secret", "Only a webhook has a secret.");
            return new(Kind);
        }

        if (Url is null) request.Fault("/transport/url", "A webhook needs a url.", "missing");
        else if (hosts.Fault(Url) is { } fault) request.Fault("/transport/url", fault, "host_not_allowed");
        return request.Problem is null ? new(Kind, new(Url!), Secret) : new(Kind);
    }
}

/// <summary>An agent as it is registered.</summary>
internal sealed record AgentBody
{
    public required string Id { get; init; }

    /// <summary>How often its registration changed.</summary>
    public required long Revision { get; init; }

    public required DateTimeOffset RegisteredAt { get; init; }

    public required string Description { get; init; }

    public required string[] Reads { get; init; }

    public required string[] Writes { get; init; }

    public required ShownTransportBody Transport { get; init; }

    public required int MaxConcurrency { get; init; }

    public required int QueueLimit { get; init; }

    public required double TimeoutMs { get; init; }

    [Optional] public string? Version { get; init; }

    [Optional] public string? Capability { get; init; }

    [Optional] public string? Dependency { get; init; }

    public required bool Memo { get; init; }

    public required bool Rebase { get; init; }

    public required bool ShadowSafe { get; init; }

    [Optional] public JsonValue? OutputSchema { get; init; }

    public static AgentBody Of(AgentView agent) => new()
    {
        Id = agent.Id.Name,
        Revision = agent.Revision,
        RegisteredAt = agent.RegisteredAt,
        Description = agent.Spec.Description,
        Reads = [.. agent.Spec.Reads.Select(pattern => pattern.Value)],
        Writes = [.. agent.Spec.Writes.Select(pattern => pattern.Value)],
        Transport = new(agent.Spec.Transport.Kind, agent.Spec.Transport.Url?.ToString()),
        MaxConcurrency = agent.Spec.MaxConcurrency,
        QueueLimit = agent.Spec.QueueLimit,
        TimeoutMs = agent.Spec.Timeout.TotalMilliseconds,
        Version = agent.Spec.Version,
        Capability = agent.Spec.Capability,
        Dependency = agent.Spec.Dependency,
        Memo = agent.Spec.Memo,
        Rebase = agent.Spec.Rebase,
        ShadowSafe = agent.Spec.ShadowSafe,
        OutputSchema = agent.Spec.OutputSchema,
    };
}

/// <summary>How assignments reach an agent, without the secret.</summary>
internal sealed record ShownTransportBody(TransportKind Kind, [property: Optional] string? Url);

/// <summary>A page of agents.</summary>
internal sealed record AgentListBody(IReadOnlyList<AgentBody> Agents, string? Next);
