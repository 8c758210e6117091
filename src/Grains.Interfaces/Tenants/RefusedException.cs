namespace Rosud.Tenants;

/// <summary>The cluster refused what was asked, and nothing was done.</summary>
public sealed class RefusedException(Problem problem) : Exception(Sentence(problem))
{
    /// <summary>Why, with each fault and its member.</summary>
    public Problem Problem { get; } = problem;

    private static string Sentence(Problem problem) => problem.Errors.IsEmpty
        ? problem.Detail
        : $"{problem.Detail} {string.Join(" ", problem.Errors.Take(8).Select(error => $"{error.Pointer}: {error.Message}"))}";
}
