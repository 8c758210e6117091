using System.Text.Json;

namespace Rosud.Tenants;

/// <summary>Names of enum members as they appear in JSON.</summary>
internal static class SnakeCase
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
