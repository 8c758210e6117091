using System.Text.Json.Nodes;
using CsCheck;
using Rosud.Channels;
using Rosud.Tenants;
using static Rosud.Context.ContextFixture;

namespace Rosud.Context;

/// <summary>Schemas of keys: what they accept, what no channel takes, and what they may cost.</summary>
public sealed class KeySchemaTests
{
    [Theory]
    [InlineData("true", "1", "")]
    [InlineData("{}", "null", "")]
    [InlineData("false", "1", " excluded_schema_validates")]
    [InlineData("""{"type":"string"}""", "\"a\"", "")]
    [InlineData("""{"type":"string"}""", "1", " string_expected")]
    [InlineData("""{"type":["string","null"]}""", "null", "")]
    [InlineData("""{"type":["string","null"]}""", "1", " no_type_validates")]
    [InlineData("""{"type":"integer","minimum":0,"exclusiveMaximum":10,"multipleOf":5}""", "5", "")]
    [InlineData("""{"type":"integer","minimum":0,"exclusiveMaximum":10,"multipleOf":5}""", "10", " number_too_big")]
    [InlineData("""{"type":"integer","minimum":0,"exclusiveMaximum":10,"multipleOf":5}""", "-1", " number_too_small,  number_not_multiple_of")]
    [InlineData("""{"minLength":2,"maxLength":3}""", "\"a\"", " string_too_short")]
    [InlineData("""{"minLength":2,"maxLength":3}""", "\"abcd\"", " string_too_long")]
    [InlineData("""{"pattern":"^a+$"}""", "\"aa\"", "")]
    [InlineData("""{"pattern":"^a+$"}""", "\"ab\"", " pattern_mismatch")]
    [InlineData("""{"pattern":"^a+$"}""", "1", "")]
    [InlineData("""{"format":"uuid"}""", "\"no\"", " uuid_expected")]
    [InlineData("""{"properties":{"a.b/c":{"items":{"type":"integer"}}}}""", """{"a.b/c":[1,"x",2,"y"]}""", "/a.b~1c/1 integer_expected, /a.b~1c/3 integer_expected")]
    [InlineData("""{"required":["a"],"properties":{"a":{},"b":{"required":["c"]}}}""", """{"b":{}}""", "/a property_required, /b/c property_required")]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":false}""", """{"a":1,"~":2}""", "/~0 no_additional_properties_allowed")]
    [InlineData("""{"additionalProperties":{"type":"integer"}}""", """{"a":1,"b":"x"}""", "/b integer_expected")]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}""", """["a",1,"b"]""", "/2 integer_expected")]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":false}""", """["a",1]""", " too_many_items_in_tuple")]
    [InlineData("""{"minItems":1,"maxItems":2}""", "[]", " too_few_items")]
    [InlineData("""{"minItems":1,"maxItems":2}""", "[1,2,3]", " too_many_items")]
    [InlineData("""{"uniqueItems":true}""", """["1",1,true,"True"]""", "")]
    [InlineData("""{"uniqueItems":true}""", """[{"a":1,"b":2},{"b":2,"a":1}]""", " items_not_unique")]
    [InlineData("""{"enum":["1",null,{"a":[]}]}""", "1", " not_in_enumeration")]
    [InlineData("""{"enum":["1",null,{"a":[]}]}""", """{"a":[]}""", "")]
    [InlineData("""{"enum":["1",null,{"a":[]}]}""", "\"\"", " not_in_enumeration")]
    [InlineData("""{"const":true}""", "true", "")]
    [InlineData("""{"const":true}""", "\"True\"", " not_in_enumeration")]
    [InlineData("""{"const":null}""", "0", " not_in_enumeration")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"integer"}]}""", "1.5", " not_any_of")]
    [InlineData("""{"oneOf":[{"type":"number"},{"type":"integer"}]}""", "1", " not_one_of")]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":3}]}""", "4", " number_too_big")]
    [InlineData("""{"not":{"type":"string"}}""", "\"a\"", " excluded_schema_validates")]
    [InlineData("""{"$defs":{"n":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/n","minimum":3}}}""", """{"a":1}""", "/a number_too_small")]
    [InlineData("""{"$defs":{"n":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/n","minimum":3}}}""", """{"a":"x"}""", "/a integer_expected")]
    [InlineData("""{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}""", """{"next":{"next":{"x":1}}}""", "/next/next/x no_additional_properties_allowed")]
    [InlineData("""{"title":"t","description":"d","default":1,"examples":[],"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://x","$comment":"c"}""", "1", "")]
    public void A_value_is_checked_exactly_and_each_fault_has_its_place(string schema, string value, string faults) =>
        Assert.Equal(faults, string.Join(", ", KeySchema.Of(Json(schema)).Check(Json(value)).Select(fault => $"{fault.Pointer} {fault.Code}")));

    [Theory]
    [InlineData("1", "")]
    [InlineData("""{"type":"text"}""", "/type")]
    [InlineData("""{"properties":{"a/b":{"minimum":"1"}}}""", "/properties/a~1b/minimum")]
    [InlineData("""{"exclusiveMinimum":true}""", "/exclusiveMinimum")]
    [InlineData("""{"multipleOf":0}""", "/multipleOf")]
    [InlineData("""{"maxItems":0}""", "/maxItems")]
    [InlineData("""{"minLength":-1}""", "/minLength")]
    [InlineData("""{"required":[1]}""", "/required")]
    [InlineData("""{"enum":[]}""", "/enum")]
    [InlineData("""{"uniqueItems":1}""", "/uniqueItems")]
    [InlineData("""{"format":"credit-card"}""", "/format")]
    [InlineData("""{"anyOf":[{"allOf":[]}]}""", "/anyOf/0/allOf")]
    [InlineData("""{"if":{"type":"string"},"then":{}}""", "/if")]
    [InlineData("""{"patternProperties":{"(a+)+$":{}}}""", "/patternProperties")]
    [InlineData("""{"items":[{}]}""", "/items")]
    [InlineData("""{"properties":{"a":{"$id":"x"}}}""", "/properties/a/$id")]
    [InlineData("""{"pattern":"(?=a)"}""", "/pattern")]
    [InlineData("""{"pattern":"("}""", "/pattern")]
    [InlineData("""{"$ref":"https://example.com/schema.json"}""", "/$ref")]
    [InlineData("""{"$ref":"file:///etc/passwd"}""", "/$ref")]
    [InlineData("""{"$ref":"other.json#/$defs/a"}""", "/$ref")]
    [InlineData("""{"$ref":"#/$defs/absent"}""", "/$ref")]
    [InlineData("""{"default":{"a":{}},"$ref":"#/default/a"}""", "/$ref")]
    [InlineData("""{"$dynamicRef":"#a"}""", "/$dynamicRef")]
    [InlineData("""{"$ref":"#"}""", "/$ref")]
    [InlineData("""{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}}""", "/$defs/a/anyOf/0/$ref/not/$ref")]
    public void A_schema_that_could_not_be_kept_is_refused_with_its_place(string schema, string pointer)
    {
        var faults = ContextSyncRules.Faults(new() { Keys = [new() { Pattern = new("a.*"), Schema = Json(schema) }] });

        Assert.Contains(faults, fault => (fault.Pointer, fault.Code) == ("/sync/keys/a.*/schema" + pointer, "invalid_schema"));
        Assert.NotEmpty(KeySchema.Of(Json(schema)).Check(Json("1")));   // Were it stored all the same, it would accept nothing.
    }

    [Fact]
    public void Schemas_have_a_size()
    {
        KeyPolicy Large(string pattern, int bytes) => new() { Pattern = new(pattern), Schema = Json($$"""{"title":"{{new string('x', bytes)}}"}""") };

        Assert.Equal("/sync/keys/a/schema", Assert.Single(ContextSyncRules.Faults(new() { Keys = [Large("a", SchemaText.BytesMax)] })).Pointer);
        Assert.Equal("/sync/keys", Assert.Single(ContextSyncRules.Faults(new() { Keys = [.. Enumerable.Range(0, 9).Select(i => Large($"a{i}", 30_000))] })).Pointer);
    }

    [Fact]
    public void A_check_that_would_take_too_long_is_given_up()
    {
        // Each definition needs the next one twice: 2^30 checks of one value.
        var definitions = Enumerable.Range(0, 30).Select(i => $$"""
            "a{{i}}":{"allOf":[{"$ref":"#/$defs/a{{i + 1}}"},{"$ref":"#/$defs/a{{i + 1}}"}]}
            """);
        var bomb = Json($$$"""{"$defs":{{{{string.Join(",", definitions)}}},"a30":{}},"$ref":"#/$defs/a0"}""");

        Assert.Empty(ContextSyncRules.Faults(new() { Keys = [new() { Pattern = new("a"), Schema = bomb }] }));
        Assert.Equal("too_costly", Assert.Single(KeySchema.Of(bomb).Check(Json("1"))).Code);
    }

    [Fact]
    public void A_pattern_takes_time_in_proportion_to_the_text() =>
        Assert.Equal("pattern_mismatch", Assert.Single(KeySchema.Of(Json("""{"pattern":"^(a+)+$"}""")).Check(Json($"\"{new string('a', 100_000)}b\""))).Code);

    [Fact]
    public void A_value_of_any_depth_and_any_number_is_checked_or_refused()
    {
        var deep = Json(new string('[', 64) + new string(']', 64));
        Assert.Empty(KeySchema.Of(Json("""{"type":"array","items":{"$ref":"#"}}""")).Check(deep));
        Assert.All<string>(["1e999", "-1e999", "1e99999999", new('9', 60)], number => Assert.NotEmpty(KeySchema.Of(Json("""{"maximum":5,"minimum":0}""")).Check(Json(number))));
        Assert.Empty(KeySchema.Of(Json("""{"type":"integer","maximum":9223372036854775807}""")).Check(Json($"{long.MaxValue}")));
    }

    [Fact]
    public void At_most_16_faults_are_told() =>
        Assert.Equal(16, KeySchema.Of(Json("""{"items":{"type":"string"}}""")).Check(Json($"[{string.Join(",", Enumerable.Range(0, 100))}]")).Length);

    [Fact]
    public void Schemas_agree_with_their_plain_reading() =>
        Gen.Select(Schemas(3), JsonModel.Node).Sample((schema, value) =>
        {
            var faults = KeySchema.Of(JsonValue.From(schema)).Check(JsonValue.From(value));
            if (faults is not [{ Code: "number_out_of_range" }]) Assert.Equal(Accepts(schema, value), faults.IsEmpty);
        }, iter: Cases.Of(10_000));

    [Theory]
    [InlineData(ConflictResolution.LatestWins)]
    [InlineData(ConflictResolution.FirstWins)]
    [InlineData(ConflictResolution.Manual)]
    public void Every_write_of_a_key_is_checked_whatever_becomes_of_it(ConflictResolution mode)
    {
        var policy = Sync(mode, new KeyPolicy { Pattern = new("plan.*"), Schema = Json("""{"properties":{"steps":{"items":{"type":"string"}}}}""") });
        var log = ContextLog.Empty.Commit(Set("plan.a", "{}"));

        var refused = Assert.IsType<PatchVerdict.Refused>(log.Judge(policy, Patch(0, Set("plan.a", """{"steps":["x",1]}"""), Set("free", "1"))));

        Assert.Equal((ProblemKind.InvalidRequest, "The value of plan.a breaks its schema at /steps/1: string expected."), (refused.Problem.Kind, refused.Problem.Detail));
        Assert.Equal(("/set/plan.a/steps/1", "string_expected"), (refused.Problem.Errors.Single().Pointer, refused.Problem.Errors.Single().Code));
        Assert.IsType<PatchVerdict.Apply>(log.Judge(policy, Patch(1, Delete("plan.a"))));
    }

    [Fact]
    public void Of_a_merge_the_result_is_checked_not_the_write()
    {
        var policy = Sync(ConflictResolution.LatestWins, new KeyPolicy { Pattern = new("n"), ConflictResolution = ConflictResolution.Merge, Merge = MergeKind.Sum, Schema = Json("""{"maximum":10}""") });
        var log = ContextLog.Empty.Commit(Set("n", "8"));

        var refused = Assert.IsType<PatchVerdict.Refused>(log.Judge(policy, Patch(null, Set("n", "3"))));

        Assert.Equal(("/set/n", "number_too_big"), (refused.Problem.Errors.Single().Pointer, refused.Problem.Errors.Single().Code));
        Assert.IsType<PatchVerdict.Apply>(log.Judge(policy, Patch(null, Set("n", "2"))));
    }

    private static Gen<JsonNode> Schemas(int depth)
    {
        var leaf = Gen.OneOf(
            Gen.OneOf("null", "boolean", "object", "array", "string").Select(type => (JsonNode)new JsonObject { ["type"] = type }),
            JsonModel.Node.Select(value => (JsonNode)new JsonObject { ["const"] = value?.DeepClone() }),
            Gen.Bool.Select(accepts => (JsonNode)System.Text.Json.Nodes.JsonValue.Create(accepts)),
            Gen.Int[0, 2].Select(count => (JsonNode)new JsonObject { ["minItems"] = count, ["minProperties"] = count }));
        if (depth == 0) return leaf;
        var inner = Schemas(depth - 1);
        return Gen.OneOf(
            leaf,
            inner.Select(schema => (JsonNode)new JsonObject { ["not"] = schema.DeepClone() }),
            inner.Select(schema => (JsonNode)new JsonObject { ["items"] = schema.DeepClone() }),
            inner.Select(schema => (JsonNode)new JsonObject { ["additionalProperties"] = schema.DeepClone() }),
            Gen.Select(Gen.OneOf("allOf", "anyOf", "oneOf"), inner, inner, (word, one, two) => (JsonNode)new JsonObject { [word] = new JsonArray(one.DeepClone(), two.DeepClone()) }));
    }

    private static bool Accepts(JsonNode schema, JsonNode? value)
    {
        if (schema is not JsonObject members) return schema.GetValue<bool>();
        return members.All(word => word.Key switch
        {
            "type" => word.Value!.GetValue<string>() == (value?.GetValueKind().ToString().ToLowerInvariant() is "true" or "false" ? "boolean" : value?.GetValueKind().ToString().ToLowerInvariant() ?? "null"),
            "const" => SchemaCheck.Comparable(JsonValue.From(word.Value)).Equals(SchemaCheck.Comparable(JsonValue.From(value))),
            "minItems" => value is not JsonArray items || items.Count >= word.Value!.GetValue<int>(),
            "minProperties" => value is not JsonObject properties || properties.Count >= word.Value!.GetValue<int>(),
            "not" => !Accepts(word.Value!, value),
            "items" => value is not JsonArray items || items.All(item => Accepts(word.Value!, item)),
            "additionalProperties" => value is not JsonObject properties || properties.All(property => Accepts(word.Value!, property.Value)),
            "allOf" => ((JsonArray)word.Value!).All(one => Accepts(one!, value)),
            "anyOf" => ((JsonArray)word.Value!).Any(one => Accepts(one!, value)),
            _ => ((JsonArray)word.Value!).Count(one => Accepts(one!, value)) == 1,
        });
    }
}
