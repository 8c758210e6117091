using System.Globalization;
using Rosud.Runs;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>
/// Names one attempt at one step by one agent. It says where to go with an answer, so no table is needed:
/// <c>a&lt;attempt&gt;.&lt;length of agent&gt;.&lt;length of step&gt;.&lt;agent&gt;.&lt;step&gt;.&lt;run&gt;</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("rosud.assignment-id")]
public readonly record struct AssignmentId(
    [property: Id(0)] AgentId Agent,
    [property: Id(1)] RunId Run,
    [property: Id(2)] string Step,
    [property: Id(3)] int Attempt)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"a{Attempt}.{Agent.Name.Length}.{Step.Length}.{Agent.Name}.{Step}.{Run.Name}");

    /// <summary>Reads an id that came from outside. False when it cannot name an assignment.</summary>
    public static bool TryParse(TenantId tenant, string? text, out AssignmentId id)
    {
        id = default;
        if (!Names.IsMadeId(text) || text![0] != 'a' || text.Split('.', 4) is not [var attemptText, var agentText, var stepText, var rest]) return false;
        if (!TryNumber(attemptText[1..], out var attempt) || !TryNumber(agentText, out var agentLength) || !TryNumber(stepText, out var stepLength)) return false;
        if (agentLength > Names.LengthMax || stepLength > Names.LengthMax || rest.Length < agentLength + stepLength + 3 || rest[agentLength] != '.' || rest[agentLength + 1 + stepLength] != '.') return false;
        var agent = rest[..agentLength];
        var step = rest.Substring(agentLength + 1, stepLength);
        if (!Names.IsValid(agent) || !Names.IsValid(step) || !RunId.TryParse(tenant, rest[(agentLength + stepLength + 2)..], out var run)) return false;
        id = new(new(tenant, agent), run, step, attempt);
        return true;
    }

    // Without leading zeros, so that an assignment has one id.
    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (text.Length == 1 || text[0] != '0');
}
