using System.Globalization;
using Rosud.Context;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>
/// Names one attempt at one step by one agent. It says where to go with an answer, so no table is needed:
/// <c>a&lt;attempt&gt;v&lt;version&gt;.&lt;length of agent&gt;.&lt;length of step&gt;.&lt;agent&gt;.&lt;step&gt;.&lt;run&gt;</c>.
/// </summary>
/// <remarks>Two ids are equal when they name the same attempt, whatever version they say that it was handed.</remarks>
[GenerateSerializer, Immutable, Alias("rosud.assignment-id")]
public readonly record struct AssignmentId(
    [property: Id(0)] AgentId Agent,
    [property: Id(1)] RunId Run,
    [property: Id(2)] string Step,
    [property: Id(3)] int Attempt)
{
    /// <summary>
    /// The version of the context that the attempt was handed: its worker brings it back, also when every host that knew of it was lost.
    /// <see cref="ContextVersion.None"/> when the id does not say it, or nothing was committed yet.
    /// </summary>
    [Id(4)] public ContextVersion Handed { get; init; }

    /// <inheritdoc/>
    public bool Equals(AssignmentId other) => Attempt == other.Attempt && Step == other.Step && Run == other.Run && Agent == other.Agent;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Agent, Run, Step, Attempt);

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"a{Attempt}{(Handed == ContextVersion.None ? "" : Handed.ToString())}.{Agent.Name.Length}.{Step.Length}.{Agent.Name}.{Step}.{Run.Name}");

    /// <summary>Reads an id that came from outside. False when it cannot name an assignment.</summary>
    public static bool TryParse(TenantId tenant, string? text, out AssignmentId id)
    {
        id = default;
        if (!Names.IsMadeId(text) || text![0] != 'a' || text.Split('.', 4) is not [var attemptText, var agentText, var stepText, var rest]) return false;
        if (!TryAttempt(attemptText[1..], out var attempt, out var handed) || !TryNumber(agentText, out var agentLength) || !TryNumber(stepText, out var stepLength)) return false;
        if (agentLength > Names.LengthMax || stepLength > Names.LengthMax || rest.Length < agentLength + stepLength + 3 || rest[agentLength] != '.' || rest[agentLength + 1 + stepLength] != '.') return false;
        var agent = rest[..agentLength];
        var step = rest.Substring(agentLength + 1, stepLength);
        if (!Names.IsValid(agent) || !Names.IsValid(step) || !RunId.TryParse(tenant, rest[(agentLength + stepLength + 2)..], out var run)) return false;
        id = new(new(tenant, agent), run, step, attempt) { Handed = new(handed) };
        return true;
    }

    // The version is left out when it is none.
    private static bool TryAttempt(string text, out int attempt, out long handed)
    {
        handed = 0;
        var mark = text.IndexOf('v', StringComparison.Ordinal);
        if (mark < 0) return TryNumber(text, out attempt);
        return TryNumber(text[..mark], out attempt)
            && long.TryParse(text[(mark + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out handed) && text[mark + 1] != '0';
    }

    // Without leading zeros, so that an assignment is spelled in one way.
    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (text.Length == 1 || text[0] != '0');
}
