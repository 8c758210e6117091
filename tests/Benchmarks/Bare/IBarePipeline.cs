namespace Rosud.Bare;

/// <summary>Bytes on their way between bare grains.</summary>
[GenerateSerializer, Immutable, Alias("rosud.bare.content")]
internal sealed record BareContent([property: Id(0)] byte[] Utf8);

/// <summary>The shape of W5 in plain Orleans: one grain calls five others. What Rosud's figures are divided by.</summary>
[Alias("rosud.bare.pipeline")]
internal interface IBarePipeline : IGrainWithStringKey
{
    /// <summary>planner → {researcher A, researcher B} → writer → reviewer. Durable: each step writes its state before it answers.</summary>
    [Alias("run")]
    Task<BareContent> Run(BareContent goal, bool durable);
}

/// <summary>One step of the bare pipeline.</summary>
[Alias("rosud.bare.step")]
internal interface IBareStep : IGrainWithStringKey
{
    [Alias("do")]
    Task<BareContent> Do(BareContent input, bool durable);
}

/// <summary>A grain that holds one value: what a commit is compared with.</summary>
[Alias("rosud.bare.cell")]
internal interface IBareCell : IGrainWithStringKey
{
    /// <summary>Nothing but a call.</summary>
    [Alias("call")]
    Task Call(BareContent content);

    /// <summary>Writes the state.</summary>
    [Alias("write")]
    Task Write(BareContent content);
}
