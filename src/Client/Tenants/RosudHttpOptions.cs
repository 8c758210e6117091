namespace Rosud.Tenants;

/// <summary>What the host decides about its HTTP edge. Section <c>Rosud</c>; read again whenever it changes.</summary>
internal sealed class RosudHttpOptions
{
    public const string Section = "Rosud";

    /// <summary>The API keys. With none everyone is operator of the tenant <c>default</c>.</summary>
    public IList<ApiKey> Keys { get; init; } = [];

    /// <summary>How many keys the configuration has, also such as cannot be read.</summary>
    public int KeysConfigured { get; set; }

    /// <summary>Hosts that webhook agents may be on. While there is no key, loopback is allowed too.</summary>
    public IList<string> AllowedAgentHosts { get; init; } = [];
}

/// <summary>One API key as it is configured.</summary>
internal sealed class ApiKey
{
    /// <summary>SHA-256 of the key, 64 hexadecimal digits. The key itself is nowhere.</summary>
    public string Sha256 { get; set; } = "";

    public string Tenant { get; set; } = TenantId.Default.Value;

    public Role Role { get; set; } = Role.Client;

    /// <summary>The agent that an agent's key is for.</summary>
    public string? Agent { get; set; }

    public string? Fault() => this switch
    {
        { Sha256.Length: not 64 } => "Sha256 must have 64 hexadecimal digits",
        _ when !Sha256.All(char.IsAsciiHexDigit) => "Sha256 must have 64 hexadecimal digits",
        _ when !Names.IsValid(Tenant) => "Tenant must be a name",
        { Role: Role.Agent } when !Names.IsValid(Agent) => "Agent must name the agent that the key is for",
        { Role: not Role.Agent, Agent: not null } => "Agent is only for the role agent",
        _ => null,
    };
}
