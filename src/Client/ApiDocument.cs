using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Rosud.Channels;
using Rosud.Runs;
using Rosud.Tenants;
using Scalar.AspNetCore;

namespace Rosud;

/// <summary>The description of the API.</summary>
internal static class ApiDocument
{
    public const string Name = "v1";

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = route => route.RelativePath?.StartsWith("v1/", StringComparison.Ordinal) == true;
        options.CreateSchemaReferenceId = type => OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } id ? NameOf(id) : null;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new() { Title = "Rosud", Version = Name, Description = "Coordination between AI agents: shared context, runs and supervision." };
            document.Components ??= new();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key of the host. None is needed while the host has none." },
            };
            document.Security = [new() { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            foreach (var parameter in operation.Parameters ?? []) ApiPaths.Limit(parameter);
            foreach (var note in metadata.OfType<ParameterNote>()) Add(operation, note);
            foreach (var note in metadata.OfType<HeaderNote>()) Add(operation, note);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer<SchemaRules>();
    }

    /// <summary>Keeps the readable page from loading anything from elsewhere, whatever its script has in mind.</summary>
    public static async ValueTask<object?> ServeLocally(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        context.HttpContext.Response.Headers.ContentSecurityPolicy =
            "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'none'";
        return await next(context);
    }

    public static void Configure(ScalarOptions options)
    {
        options.Title = "Rosud";
        options.OpenApiRoutePattern = "/openapi/{documentName}.json";
        options.AddDocument(Name);
        options.DefaultFonts = false;   // They would come from the internet.
    }

    private static string NameOf(string typeName) => typeName.EndsWith("Body", StringComparison.Ordinal) ? typeName[..^4] : typeName;

    private static void Add(OpenApiOperation operation, HeaderNote note)
    {
        if (operation.Responses?.GetValueOrDefault(note.Status.ToString(CultureInfo.InvariantCulture)) is not OpenApiResponse response) return;
        response.Headers ??= new Dictionary<string, IOpenApiHeader>();
        response.Headers[note.Name] = new OpenApiHeader { Description = note.Text, Schema = new OpenApiSchema { Type = note.Name == "Retry-After" ? JsonSchemaType.Integer : JsonSchemaType.String } };
    }

    private static void Add(OpenApiOperation operation, ParameterNote note)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = note.Name,
            In = note.In == "header" ? ParameterLocation.Header : ParameterLocation.Query,
            Description = note.Text,
            Schema = new OpenApiSchema { Type = note.Type == "integer" ? JsonSchemaType.Integer : JsonSchemaType.String },
        });
    }
}

/// <summary>Brings the rules of members into their schemas.</summary>
internal sealed class SchemaRules : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type == typeof(DateTimeOffset) || context.JsonTypeInfo.Type == typeof(DateTimeOffset?))
        {
            schema.Type = JsonSchemaType.String | (context.JsonTypeInfo.Type == typeof(DateTimeOffset?) ? JsonSchemaType.Null : 0);
            schema.Format = "date-time";
        }

        if (context.JsonTypeInfo.Type.IsEnum) schema.Type = JsonSchemaType.String;
        if (context.JsonTypeInfo.Type == typeof(ReadBody[])) schema.Items = Read();
        if (context.JsonTypeInfo.Type == typeof(StalenessLimit)) schema.Type = JsonSchemaType.Integer | JsonSchemaType.Null;
        if (context.JsonPropertyInfo?.AttributeProvider is not { } rules) return Task.CompletedTask;
        if (rules.GetCustomAttributes(typeof(CountAttribute), inherit: true) is [CountAttribute count, ..])
        {
            if (schema.Type?.HasFlag(JsonSchemaType.Array) == true) schema.MaxItems = count.Max;
            else schema.MaxProperties = count.Max;
        }

        if (rules.GetCustomAttributes(typeof(TextRuleAttribute), inherit: true) is [TextRuleAttribute text, ..]) Limit(schema, text);
        return Task.CompletedTask;
    }

    private static void Limit(OpenApiSchema schema, TextRuleAttribute rule)
    {
        if (schema.Type?.HasFlag(JsonSchemaType.Array) == true) schema.Items = Of(rule);
        else if (schema.Type?.HasFlag(JsonSchemaType.Object) == true) (schema.Extensions ??= new Dictionary<string, IOpenApiExtension>())["propertyNames"] = new JsonNodeExtension(new JsonObject { ["pattern"] = rule.Pattern });
        else if (schema.Type?.HasFlag(JsonSchemaType.String) != true) return;
        else if (rule is TextAttribute text) (schema.MinLength, schema.MaxLength) = (text.LengthMin, text.LengthMax);
        else schema.Pattern = rule.Pattern;
    }

    private static OpenApiSchema Of(TextRuleAttribute rule)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String };
        Limit(schema, rule);
        return schema;
    }

    // Its converter reads both forms, so its contract says nothing.
    private static OpenApiSchema Read()
    {
        var (key, optional) = (Of(new KeysAttribute()), new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Whether the step can start without it." });
        var longer = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema> { ["key"] = key, ["optional"] = optional },
            Required = new HashSet<string> { "key" },
            AdditionalPropertiesAllowed = false,
        };
        return new() { AnyOf = [key, longer] };
    }
}
