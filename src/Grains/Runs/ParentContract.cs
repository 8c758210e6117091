using Rosud.Channels;
using Rosud.Tenants;

namespace Rosud.Runs;

/// <summary>The contract of a run with the run that starts it: no deeper, no longer and no dearer than that allows.</summary>
internal static class ParentContract
{
    public static void Check(CoordinateRequest request, ParentStanding parent, List<ProblemError> errors)
    {
        if (parent.Depth + 2 > ChildRules.DepthMax) errors.Add(new("/parent", $"At most {ChildRules.DepthMax} runs are above one another.", "too_deep"));
        if (!request.FitsParent && request.Timeout > parent.TimeLeft)
        {
            errors.Add(new("/timeout_ms", $"The parent run has {Math.Max(0, (long)parent.TimeLeft.TotalMilliseconds)} ms left.", "above_parent"));
        }

        if (parent.Left is not { } left) return;
        var budget = request.Task.Budget;
        Check("tokens", budget?.Tokens, left.Tokens, errors);
        Check("cost_usd", budget?.CostUsd, left.CostUsd, errors);
        Check("calls", budget?.Calls, left.Calls, errors);
    }

    /// <summary>The run within the bounds of the one that starts it.</summary>
    public static AcceptedRun Under(this AcceptedRun run, CoordinateRequest request, ParentStanding? parent)
    {
        if (parent is null || !RunId.TryParse(run.Run.Tenant, request.Parent, out var above)) return run;
        var latest = run.AcceptedAt + parent.TimeLeft;
        return run with
        {
            Parent = above,
            Root = parent.Root,
            Depth = parent.Depth + 1,
            Deadline = latest < run.Deadline ? latest : run.Deadline,
            Limit = parent.Left is { } left ? Within(run.Task.Budget, left) : null,
        };
    }

    private static Budget Within(Budget? own, Budget left) => new(own?.Tokens ?? left.Tokens, own?.CostUsd ?? left.CostUsd, own?.Calls ?? left.Calls);

    private static void Check(string member, decimal? wanted, decimal? left, List<ProblemError> errors)
    {
        if (left is not { } most) return;
        var rest = Math.Max(0, most);
        if (wanted > rest || (wanted is null && rest <= 0))
        {
            errors.Add(new($"/task/budget/{member}", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The parent run has {rest} left."), "above_parent"));
        }
    }
}
