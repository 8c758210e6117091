using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Rosud.Context;

namespace Rosud.Tenants;

/// <summary>How values look on the wire: snake_case names and enum values, instants in UTC, context values as their canonical bytes.</summary>
internal static class Wire
{
    public static JsonSerializerOptions Json { get; } = Configure(new JsonSerializerOptions());

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.RespectNullableAnnotations = true;
        options.MaxDepth = JsonValue.DepthMax + 16;   // A context value may use all of its depth inside a body.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new ValueConverter());
        options.Converters.Add(new InstantConverter());
        options.TypeInfoResolverChain.Clear();
        options.TypeInfoResolverChain.Add(new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutOptionalNulls } });
        return options;
    }

    public static string NameOf(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public static double MsOf(TimeSpan duration) => duration.TotalMilliseconds;

    private static void LeaveOutOptionalNulls(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.AttributeProvider?.IsDefined(typeof(OptionalAttribute), inherit: true) == true) property.ShouldSerialize = static (_, value) => value is not null;
        }
    }

    // JSON null is a value here, so the converter sees it too.
    private sealed class ValueConverter : JsonConverter<JsonValue>
    {
        public override bool HandleNull => true;

        public override JsonValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return JsonValue.Trusted(JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray());
        }

        public override void Write(Utf8JsonWriter writer, JsonValue? value, JsonSerializerOptions options)
        {
            if (value is null) writer.WriteNullValue();
            else writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
        }
    }

    private sealed class InstantConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
    }
}
