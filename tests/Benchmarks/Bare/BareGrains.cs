using System.Text;
using Rosud.Journal;

namespace Rosud.Bare;

/// <summary>The stored state of a bare grain.</summary>
[GenerateSerializer, Alias("rosud.bare.state")]
internal sealed class BareState
{
    [Id(0)] public BareContent? Content { get; set; }
}

/// <inheritdoc cref="IBarePipeline"/>
[GrainType("rosud.bare.pipeline")]
internal sealed class BarePipelineGrain : Grain, IBarePipeline
{
    public async Task<BareContent> Run(BareContent goal, bool durable)
    {
        var plan = await Step("planner").Do(goal, durable);
        var facts = await Task.WhenAll(Step("researcher-a").Do(plan, durable), Step("researcher-b").Do(plan, durable));
        var draft = await Step("writer").Do(facts[0], durable);
        return await Step("reviewer").Do(draft, durable);
    }

    private IBareStep Step(string name) => GrainFactory.GetGrain<IBareStep>($"{this.GetPrimaryKeyString()}/{name}");
}

/// <inheritdoc cref="IBareStep"/>
[GrainType("rosud.bare.step")]
internal sealed class BareStepGrain([PersistentState("content", IJournals.StorageName)] IPersistentState<BareState> slot) : Grain, IBareStep
{
    private static readonly BareContent Answer = new(Encoding.UTF8.GetBytes(new string('x', 1024)));

    public async Task<BareContent> Do(BareContent input, bool durable)
    {
        slot.State.Content = Answer;
        if (durable) await slot.WriteStateAsync();
        return Answer;
    }
}

/// <inheritdoc cref="IBareCell"/>
[GrainType("rosud.bare.cell")]
internal sealed class BareCellGrain([PersistentState("content", IJournals.StorageName)] IPersistentState<BareState> slot) : Grain, IBareCell
{
    public Task Call(BareContent content) => Task.CompletedTask;

    public Task Write(BareContent content)
    {
        slot.State.Content = content;
        return slot.WriteStateAsync();
    }
}
