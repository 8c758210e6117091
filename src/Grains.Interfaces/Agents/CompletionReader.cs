using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>Reads one completion and collects everything that is wrong with it.</summary>
internal sealed class CompletionReader
{
    private readonly ImmutableArray<ProblemError>.Builder _errors = ImmutableArray.CreateBuilder<ProblemError>();

    public ImmutableArray<ProblemError> Errors => _errors.ToImmutable();

    public Completion? Read(JsonElement body)
    {
        if (!Is(body, JsonValueKind.Object, "", "The body must be an object.")) return null;
        var writes = ImmutableArray.CreateBuilder<ContextWrite>();
        var completion = new Completion();
        foreach (var member in body.EnumerateObject())
        {
            switch (member.Name)
            {
                case "writes":
                    Writes(member.Value, writes);
                    break;
                case "delete":
                    Deletes(member.Value, writes);
                    break;
                case "output":
                    completion = completion with { Output = Value(member.Value) };
                    break;
                case "reads":
                    completion = completion with { Reads = Reads(member.Value) };
                    break;
                case "usage":
                    completion = completion with { Usage = Usage(member.Value) };
                    break;
                case "based_on":
                    completion = completion with { BasedOn = Version(member.Value) };
                    break;
                default:
                    Unknown("", member.Name);
                    break;
            }
        }

        var keys = new HashSet<ContextKey>();
        foreach (var write in writes)
        {
            if (!keys.Add(write.Key)) Fault("/delete", $"A key is named twice: each key may be written or deleted once.", "duplicate_key");
        }

        return completion with { Writes = writes.ToImmutable() };
    }

    private void Writes(JsonElement member, ImmutableArray<ContextWrite>.Builder writes)
    {
        if (!Is(member, JsonValueKind.Object, "/writes", "Must be an object of keys and values.")) return;
        foreach (var write in member.EnumerateObject())
        {
            var pointer = $"/writes/{Escape(write.Name)}";
            if (!IsKey(write.Name, pointer)) continue;
            var value = Value(write.Value);
            if (value.Length > AssignmentJson.ValueBytesMax) Fault(pointer, "A value may have 256 KiB.", "too_large");
            writes.Add(new(new(write.Name), value));
        }
    }

    private void Deletes(JsonElement member, ImmutableArray<ContextWrite>.Builder writes)
    {
        foreach (var (text, pointer) in Strings(member, "/delete"))
        {
            if (IsKey(text, pointer)) writes.Add(new(new(text), null));
        }
    }

    private ImmutableArray<KeyPattern>? Reads(JsonElement member)
    {
        var reads = ImmutableArray.CreateBuilder<KeyPattern>();
        foreach (var (text, pointer) in Strings(member, "/reads"))
        {
            if (KeyPattern.IsValid(text)) reads.Add(new(text));
            else Fault(pointer, "Must be a key, or a prefix that ends in *.", "invalid_pattern");
        }

        return reads.ToImmutable();
    }

    private Usage Usage(JsonElement member)
    {
        var usage = new Usage();
        if (!Is(member, JsonValueKind.Object, "/usage", "Must be an object.")) return usage;
        foreach (var part in member.EnumerateObject())
        {
            switch (part.Name)
            {
                case "input_tokens":
                    usage = usage with { InputTokens = Tokens(part) };
                    break;
                case "output_tokens":
                    usage = usage with { OutputTokens = Tokens(part) };
                    break;
                case "cost_usd":
                    usage = usage with { CostUsd = Cost(part) };
                    break;
                case "model":
                    usage = usage with { Model = Model(part) };
                    break;
                default:
                    Unknown("/usage", part.Name);
                    break;
            }
        }

        return usage;
    }

    private string? Model(JsonProperty part)
    {
        if (part.Value.ValueKind is JsonValueKind.Null) return null;
        if (part.Value.ValueKind is JsonValueKind.String && part.Value.GetString() is { Length: > 0 and <= Agents.Usage.ModelLengthMax } model) return model;
        Fault("/usage/model", "Must be a string of 1 to 128 characters.", "invalid_model");
        return null;
    }

    private long Tokens(JsonProperty part)
    {
        if (part.Value.ValueKind is JsonValueKind.Number && part.Value.TryGetInt64(out var tokens) && tokens >= 0) return tokens;
        Fault($"/usage/{part.Name}", "Must be a whole number, 0 or more.", "invalid_number");
        return 0;
    }

    private ContextVersion? Version(JsonElement member)
    {
        if (member.ValueKind is JsonValueKind.Number && member.TryGetInt64(out var version) && version >= 0) return new ContextVersion(version);
        Fault("/based_on", "Must be a version: a whole number, 0 or more.", "invalid_number");
        return null;
    }

    private decimal? Cost(JsonProperty part)
    {
        if (part.Value.ValueKind is JsonValueKind.Null) return null;
        if (part.Value.ValueKind is JsonValueKind.Number && part.Value.TryGetDecimal(out var cost) && cost >= 0) return cost;
        Fault($"/usage/{part.Name}", "Must be a number, 0 or more.", "invalid_number");
        return null;
    }

    private IEnumerable<(string Text, string Pointer)> Strings(JsonElement member, string pointer)
    {
        if (!Is(member, JsonValueKind.Array, pointer, "Must be an array of strings.")) yield break;
        var index = 0;
        foreach (var item in member.EnumerateArray())
        {
            var at = $"{pointer}/{index++}";
            if (Is(item, JsonValueKind.String, at, "Must be a string.")) yield return (item.GetString()!, at);
        }
    }

    private bool IsKey(string text, string pointer)
    {
        if (ContextKey.IsValid(text)) return true;
        Fault(pointer, "Must be a key: segments of A-Z a-z 0-9 _ - joined by dots, at most 256.", "invalid_key");
        return false;
    }

    private bool Is(JsonElement element, JsonValueKind kind, string pointer, string otherwise)
    {
        if (element.ValueKind == kind) return true;
        Fault(pointer, otherwise, "wrong_type");
        return false;
    }

    private void Unknown(string parent, string name) => Fault($"{parent}/{Escape(name)}", "There is no such member.", "unknown_member");

    private void Fault(string pointer, string message, string code) => _errors.Add(new(pointer, message, code));

    // A part of canonical JSON is canonical.
    private static JsonValue Value(JsonElement element) => JsonValue.Trusted(JsonMarshal.GetRawUtf8Value(element).ToArray());

    private static string Escape(string name) => (name.Length > ContextKey.LengthMax ? name[..ContextKey.LengthMax] : name).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
