using System.Text.Json;
using System.Text.Json.Nodes;
using Rosud.Tenants;
using JsonValue = Rosud.Context.JsonValue;

namespace Rosud.Runs;

/// <summary>A task as a caller over HTTP would write it in the fewest members, so that both can join the same run.</summary>
internal static class TaskJson
{
    public static JsonValue Of(CoordinationTask task)
    {
        var json = new JsonObject { ["goal"] = task.Goal };
        if (task.Id is not null) json["id"] = task.Id;
        if (!task.Input.Equals(JsonValue.Null)) json["input"] = Node(task.Input);
        if (task.Outputs is { } outputs) json["outputs"] = List(outputs, output => output.Value);
        if (task.Class is not null) json["class"] = task.Class;
        if (task.Steps is { } steps) json["steps"] = List(steps, Step);
        if (task.Budget is { } budget) json["budget"] = Members(("tokens", budget.Tokens), ("cost_usd", budget.CostUsd), ("calls", budget.Calls));
        return JsonValue.Parse(json.ToJsonString());
    }

    private static JsonObject Step(TaskStep step)
    {
        var json = Members(("id", step.Id), ("agent", step.Agent), ("capability", step.Capability), ("goal", step.Goal), ("timeout_ms", (long?)step.Timeout?.TotalMilliseconds));
        if (!step.Reads.IsDefaultOrEmpty) json["reads"] = List(step.Reads, Read);
        if (!step.Writes.IsDefaultOrEmpty) json["writes"] = List(step.Writes, write => write.Value);
        if (!step.After.IsDefaultOrEmpty) json["after"] = List(step.After, after => after);
        if (step.When is { } when) json["when"] = Guard(when);
        if (step.Optional) json["optional"] = true;
        if (step.OnFailure != new OnFailure(OnFailureKind.Fail)) json["on_failure"] = Failure(step.OnFailure);
        if (!step.Acceptance.IsDefaultOrEmpty) json["acceptance"] = List(step.Acceptance, Test);
        if (step.Effects is { } effects) json["effects"] = List(effects, effect => effect);
        return json;
    }

    private static JsonNode Read(StepRead read) =>
        read.Optional ? Members(("key", read.Key.Value), ("optional", true)) : System.Text.Json.Nodes.JsonValue.Create(read.Key.Value)!;

    private static JsonObject Guard(StepGuard guard)
    {
        var json = Members(("key", guard.Key.Value), ("exists", guard.Exists));
        if (guard.Equal is { } equal) json["equals"] = Node(equal);
        if (guard.In is { } values) json["in"] = List(values, Node);
        return json;
    }

    private static JsonObject Failure(OnFailure failure)
    {
        var json = Members(("kind", Wire.NameOf(failure.Kind)), ("agent", failure.Agent));
        if (failure.Values is not { } values) return json;
        var given = new JsonObject();
        foreach (var write in values) given[write.Key.Value] = write.Value is null ? null : Node(write.Value);
        json["value"] = given;
        return json;
    }

    private static JsonObject Test(Acceptance test)
    {
        var json = Members(("key", test.Key?.Value), ("verifier", test.Verifier));
        if (test.Schema is { } schema) json["schema"] = Node(schema);
        return json;
    }

    private static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode?> node) => new([.. items.Select(node)]);

    private static JsonNode? Node(JsonValue value) => JsonNode.Parse(value.Utf8.Span);

    private static JsonObject Members(params (string Name, object? Value)[] members)
    {
        var json = new JsonObject();
        foreach (var (name, value) in members)
        {
            if (value is not null) json[name] = JsonSerializer.SerializeToNode(value);
        }

        return json;
    }
}
