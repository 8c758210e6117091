using System.Collections.Immutable;
using System.Text;
using Rosud.Context;

namespace Rosud.Supervision;

/// <summary>Steps that failed three times on the same view: poison for this agent, refused for a while. SEMANTICS R12. A value.</summary>
internal sealed record Quarantine(ImmutableArray<QuarantinedStep> Steps)
{
    /// <summary>Attempts that ended in failure or loss after which a step is poison.</summary>
    public const int AttemptsMax = 3;

    /// <summary>How many are remembered; the one whose time ends first makes room.</summary>
    public const int StepsMax = 256;

    /// <summary>How long a poison step is refused.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromMinutes(10);

    public static Quarantine None { get; } = new([]);

    public bool IsEmpty => Steps.IsEmpty;

    /// <summary>For how long the work of a request is still refused; null when it is not.</summary>
    public TimeSpan? Refuses(AdmitRequest request, DateTimeOffset now)
    {
        if (Steps.IsEmpty) return null;
        var work = WorkOf(request);
        foreach (var step in Steps)
        {
            if (step.Work == work && step.Until > now) return step.Until - now;
        }

        return null;
    }

    public Quarantine With(string step, string work, DateTimeOffset now)
    {
        var kept = Steps.RemoveAll(other => other.Until <= now || other.Work == work);
        return new((kept.Length < StepsMax ? kept : kept.RemoveAt(0)).Add(new(step, work, now + Time)));
    }

    /// <summary>As it comes back: a clock that was wrong keeps nothing for longer than it could be kept from now.</summary>
    public static Quarantine Restore(ImmutableArray<QuarantinedStep> steps, DateTimeOffset now) => steps.IsDefaultOrEmpty
        ? None
        : new([.. steps.Where(step => step.Until > now).Select(step => step.Until > now + Time ? step with { Until = now + Time } : step)]);

    /// <summary>Names a piece of work, whatever run it is part of: the step, what it is asked, and the hashes of what it is handed.</summary>
    public static string WorkOf(AdmitRequest request)
    {
        var text = new StringBuilder(request.Assignment.Step).Append('\n').Append(request.Goal).Append('\n')
            .Append(request.Input.Hash.ToString()).Append('\n');
        foreach (var entry in request.Context.Entries) text.Append(entry.Key.Value).Append(' ').Append(entry.Value.Hash).Append('\n');
        return ContentHash.Of(Encoding.UTF8.GetBytes(text.ToString())).ToString();
    }
}

/// <summary>A poison step.</summary>
/// <param name="Step">Its id, for people.</param>
/// <param name="Work">What <see cref="Quarantine.WorkOf"/> says of it.</param>
[GenerateSerializer, Immutable, Alias("rosud.quarantined-step")]
internal sealed record QuarantinedStep(
    [property: Id(0)] string Step,
    [property: Id(1)] string Work,
    [property: Id(2)] DateTimeOffset Until);
