using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>An agent as it is stored. A value.</summary>
/// <param name="Spec">Null once it was removed: its revisions go on when it comes back.</param>
[GenerateSerializer, Immutable, Alias("rosud.agent-record")]
internal sealed record AgentRecord(
    [property: Id(0)] AgentSpec? Spec,
    [property: Id(1)] long Revision,
    [property: Id(2)] DateTimeOffset RegisteredAt)
{
    public static AgentRecord None { get; } = new(null, 0, default);

    /// <summary>The record after a registration; this very one when nothing changes, or a problem.</summary>
    public (AgentRecord Next, Problem? Problem) Register(AgentSpec spec, DateTimeOffset now)
    {
        // The secret is never shown, so whoever reads a registration and puts it back has none: it stays as long as the url does.
        if (spec.Transport is { Kind: TransportKind.Webhook, Secret: null } && Spec?.Transport is { Secret: { } kept } was && was.Url == spec.Transport.Url)
        {
            spec = spec with { Transport = spec.Transport with { Secret = kept } };
        }

        var faults = AgentSpecRules.Faults(spec);
        if (!faults.IsEmpty) return (this, new(ProblemKind.InvalidRequest, "The agent cannot be registered like this.") { Errors = faults });
        return Spec is not null && AgentSpecRules.AreEqual(Spec, spec)
            ? (this, null)
            : (new(spec, Revision + 1, Spec is null ? now : RegisteredAt), null);
    }

    public AgentRecord Remove() => Spec is null ? this : this with { Spec = null };

    public AgentView? View(AgentId id) => Spec is null ? null : new(id, Spec, Revision, RegisteredAt);
}
