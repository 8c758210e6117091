namespace Rosud.Verdicts;

/// <summary>Holds the paired observations of one task class of one network, and says what they say.</summary>
/// <remarks>Keyed <c>tenant/network/class</c>. At most 1,280 pairs are kept, of one baseline; a pair is durable within a second.</remarks>
[Alias("rosud.verdict-grain")]
public interface IVerdictGrain : IGrainWithStringKey
{
    /// <summary>The verdict as the pairs stand. The same pairs always give the same verdict, to the last digit.</summary>
    [Alias("describe")]
    Task<Verdict> Describe(string baseline);
}
