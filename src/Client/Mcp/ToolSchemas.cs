using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Rosud.Mcp;

/// <summary>The tools with the schemas of their arguments, made from the arguments' types as the description of the API is.</summary>
internal sealed class ToolSchemas([FromKeyedServices(ToolSchemas.Document)] IOpenApiDocumentProvider document)
{
    public const string Document = "mcp";

    private volatile IList<ModelContextProtocol.Protocol.Tool>? _tools;

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = _ => false;
        options.CreateSchemaReferenceId = _ => null;   // Models read one schema better than one with references.
        options.AddSchemaTransformer<SchemaRules>();
        options.AddDocumentTransformer(async (document, context, stop) =>
        {
            document.Info = new() { Title = "The arguments of Rosud's tools", Version = ApiDocument.Name };
            document.Components ??= new();
            document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
            foreach (var tool in Tool.All) document.Components.Schemas[tool.Name] = await context.GetOrCreateSchemaAsync(tool.Arguments, null, stop);
        });
    }

    /// <summary>The tools as they are listed. Made once.</summary>
    public async ValueTask<IList<ModelContextProtocol.Protocol.Tool>> Tools(CancellationToken cancellationToken) => _tools ??= await Make(cancellationToken);

    private async Task<IList<ModelContextProtocol.Protocol.Tool>> Make(CancellationToken cancellationToken)
    {
        var schemas = (await document.GetOpenApiDocumentAsync(cancellationToken)).Components!.Schemas!;
        var tools = new List<ModelContextProtocol.Protocol.Tool>();
        foreach (var tool in Tool.All)
        {
            var schema = JsonNode.Parse(await schemas[tool.Name].SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken))!;
            tools.Add(new()
            {
                Name = tool.Name,
                Title = tool.Title,
                Description = tool.Text,
                InputSchema = JsonSerializer.SerializeToElement(schema),
                Annotations = tool.Hints,
            });
        }

        return tools;
    }
}
