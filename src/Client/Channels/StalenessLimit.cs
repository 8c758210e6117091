using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rosud.Channels;

/// <summary>When a running attempt is told that it is behind: after so many milliseconds, or with JSON null never.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record StalenessLimit(long? Ms)
{
    public TimeSpan? Threshold => Ms is { } ms ? TimeSpan.FromMilliseconds(ms) : null;

    public static StalenessLimit? Of(TimeSpan? threshold, bool never) => never ? new(Ms: null) : threshold is { } some ? new((long)some.TotalMilliseconds) : null;

    private sealed class Converter : JsonConverter<StalenessLimit>
    {
        public override bool HandleNull => true;

        public override StalenessLimit Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.TokenType == JsonTokenType.Null ? null : reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, StalenessLimit value, JsonSerializerOptions options)
        {
            if (value.Ms is { } ms) writer.WriteNumberValue(ms);
            else writer.WriteNullValue();
        }
    }
}
