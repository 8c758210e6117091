using Microsoft.OpenApi;
using Rosud.Tenants;

namespace Rosud;

/// <summary>What the parts of paths must look like.</summary>
internal static class ApiPaths
{
    private static readonly string Name = new NameAttribute().Pattern;

    /// <summary>Brings the rules of a part of the path into its schema.</summary>
    public static void Limit(IOpenApiParameter parameter)
    {
        if (parameter is not { In: ParameterLocation.Path, Schema: OpenApiSchema schema }) return;
        (schema.Pattern, schema.MaxLength) = parameter.Name switch
        {
            "run" => (@"^[a-z0-9][a-z0-9._-]{0,127}\.[a-z0-9._-]+$", Names.MadeLengthMax),
            "assignment" => (@"^a[0-9]+(v[0-9]+)?\.[0-9]+\.[0-9]+\.[a-z0-9._-]+$", Names.MadeLengthMax),
            "conflict" => ("^p[1-9][0-9]*$", 20),
            _ => (Name, Names.LengthMax),
        };
        schema.MinLength = 1;
    }
}
