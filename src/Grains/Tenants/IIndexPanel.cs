using Orleans.Concurrency;

namespace Rosud.Tenants;

/// <summary>The index as the Orleans dashboard sees it.</summary>
[Alias("rosud.index-panel")]
internal interface IIndexPanel : IGrainWithStringKey
{
    /// <summary>Numbers as they are now, never contents.</summary>
    [ReadOnly, Alias("get-state")]
    Task<IndexState> GetState();
}

/// <summary>What the dashboard shows of an index.</summary>
[GenerateSerializer, Immutable, Alias("rosud.index-state")]
internal sealed record IndexState([property: Id(0)] int Names);
